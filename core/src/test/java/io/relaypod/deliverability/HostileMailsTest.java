package io.relaypod.deliverability;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    void theLargestMailOfEachKindThatIsTakenIsHandledInASmallHeapAndLinearTime() throws Exception {
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
            Map<String, Long> milliseconds = new LinkedHashMap<>();
            relay.inputReader()
                    .lines()
                    .forEach(line -> milliseconds.put(
                            line.substring(0, line.lastIndexOf('=')),
                            Long.parseLong(line.substring(line.lastIndexOf('=') + 1))));
            assertThat(milliseconds.keySet())
                    .containsAll(shapes().stream().map(Shape::name).toList())
                    .hasSize(shapes().size() + HostileMails.RANDOM_MAILS);
            // CPU time, of which other processes take none. What is not linear takes minutes at these sizes.
            assertThat(milliseconds.values()).allMatch(taken -> taken < 10_000);
            assertThat(relay.waitFor()).isZero();
        } finally {
            relay.destroyForcibly();
        }
    }
}
