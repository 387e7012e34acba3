package io.relaypod.deliverability;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;

import io.relaypod.deliverability.HostileMails.Shape;
import io.relaypod.mime.MessageCost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HostileMailsTest {

    static List<Shape> shapes() {
        return HostileMails.shapes();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void twiceAsMuchTakesTwiceTheMemoryThatComesAndGoes(Shape shape) throws Exception {
        String once = shape.mail().apply(1_000);
        String twice = shape.mail().apply(2_000);
        HostileMails.review(once);
        HostileMails.handleIfReadable(once);

        long forOnce = allocatedBy(once);
        long forTwice = allocatedBy(twice);

        // Room for buffers that double.
        assertThat(forTwice)
                .as("bytes for %d after %d", twice.length(), once.length())
                .isLessThan(forOnce * 3 + 256 * 1024);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void theLargestThatIsTakenIsReckonedWithinTheSpoolersShare(Shape shape) throws Exception {
        String mail = shape.mail().apply(shape.most());

        assertThat(HostileMails.review(mail)).isEmpty();
        assertThat(MessageCost.of(HostileMails.source(mail)).bytes()).isLessThan(64L * 1024 * 1024 / 4 * 60 / 100);
    }

    private static long allocatedBy(String mail) throws Exception {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        HostileMails.review(mail);
        HostileMails.handleIfReadable(mail);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void theLargestMailOfEachKindThatIsTakenIsHandledInASmallHeap() throws Exception {
        // The mail as a string and as bytes is in this heap as well, 6 MB of the largest.
        Process relay = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx20m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HostileMails.class.getName())
                .redirectErrorStream(true)
                .start();
        try {
            assertThat(relay.inputReader().lines().toList())
                    .containsExactlyElementsOf(
                            shapes().stream().map(Shape::name).toList());
            assertThat(relay.waitFor()).isZero();
        } finally {
            relay.destroyForcibly();
        }
    }
}
