package io.relaypod.server.queue.inflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InFlightMailsTest {

    private static final Duration LONG_ENOUGH = Duration.ofSeconds(20);

    @TempDir
    private Path dataDir;

    @Test
    void a_mail_that_was_alone_at_two_deaths_is_handled_no_more() throws Exception {
        dieWith("killer");
        InFlightMails second = InFlightMails.open(dataDir);
        assertThat(begin(second, "killer").hasEndedProcess()).isFalse();

        InFlightMails third = InFlightMails.open(dataDir);
        assertThat(third.suspects()).isEqualTo(1);
        try (InFlightMails.Mark mark = begin(third, "killer")) {
            assertThat(mark.hasEndedProcess()).isTrue();
            assertThat(mark.isUnreadable()).isFalse();
            assertThat(mark.reason()).contains("2 times");
        }
        assertThat(third.suspects()).isZero();
    }

    @Test
    void a_mail_that_ends_the_process_when_it_is_set_aside_is_not_even_read_then() throws Exception {
        for (int death = 0; death < 3; death++) {
            dieWith("killer");
        }
        assertThat(begin(InFlightMails.open(dataDir), "killer").isUnreadable()).isTrue();
    }

    @Test
    void of_twenty_in_flight_at_each_death_none_is_a_killer_and_each_is_handled_alone() throws Exception {
        String[] mails =
                IntStream.range(0, 20).mapToObj(number -> "mail" + number).toArray(String[]::new);
        for (int death = 0; death < 5; death++) {
            dieTogether(mails);
        }
        InFlightMails next = InFlightMails.open(dataDir);
        assertThat(next.suspects()).isEqualTo(20);
        InFlightMails.Mark first = begin(next, "mail0");
        CompletableFuture<InFlightMails.Mark> second = CompletableFuture.supplyAsync(() -> begin(next, "mail1"));
        CompletableFuture<InFlightMails.Mark> fresh = CompletableFuture.supplyAsync(() -> begin(next, "fresh"));
        await().during(Duration.ofMillis(300)).atMost(LONG_ENOUGH).until(() -> !second.isDone() && !fresh.isDone());
        first.close();
        await().atMost(LONG_ENOUGH).until(second::isDone);
        assertThat(fresh).isNotDone();
        second.join().close();
        assertThat(fresh.join().hasEndedProcess()).isFalse();
        assertThat(next.suspects()).isEqualTo(18);
    }

    @Test
    void a_mail_that_went_through_after_a_death_is_no_suspect() throws Exception {
        dieWith("innocent");
        try (InFlightMails next = InFlightMails.open(dataDir)) {
            begin(next, "innocent").close();
        }
        dieWith("innocent");
        assertThat(begin(InFlightMails.open(dataDir), "innocent").hasEndedProcess())
                .isFalse();
    }

    @Test
    void what_is_in_flight_at_an_orderly_end_is_no_suspect() throws Exception {
        InFlightMails before = InFlightMails.open(dataDir);
        begin(before, "cut");
        before.close();
        assertThat(InFlightMails.open(dataDir).suspects()).isZero();
    }

    @Test
    void files_that_are_damaged_name_no_suspects_and_stop_nothing() throws Exception {
        Files.createDirectories(dataDir.resolve("queue"));
        Files.write(dataDir.resolve("queue/in-flight"), new byte[1000]);
        Files.writeString(dataDir.resolve("queue/suspects"), "one two three\n\n99999999999999 1 name\n2 1 known\n");
        InFlightMails opened = InFlightMails.open(dataDir);
        assertThat(opened.suspects()).isEqualTo(1);
        assertThat(begin(opened, "x".repeat(1000) + "\n").hasEndedProcess()).isFalse();
        InFlightMails next = InFlightMails.open(dataDir);
        assertThat(next.suspects()).isEqualTo(2);
        assertThat(begin(next, "x".repeat(1000) + "other").hasEndedProcess()).isFalse();
    }

    @Test
    void more_mails_than_there_are_lines_go_on_without_a_mark() throws Exception {
        try (InFlightMails inFlight = InFlightMails.open(dataDir)) {
            List<InFlightMails.Mark> marks = IntStream.range(0, 1100)
                    .mapToObj(number -> begin(inFlight, "mail" + number))
                    .toList();
            marks.forEach(InFlightMails.Mark::close);
        }
    }

    private void dieWith(String mail) {
        begin(InFlightMails.open(dataDir), mail);
    }

    private void dieTogether(String... mails) throws Exception {
        Files.createDirectories(dataDir.resolve("queue"));
        InFlightFile file = InFlightFile.open(dataDir.resolve("queue/in-flight"));
        for (String mail : mails) {
            file.mark(mail);
        }
        InFlightMails.open(dataDir);
    }

    private static InFlightMails.Mark begin(InFlightMails inFlight, String mail) {
        try {
            return inFlight.begin(mail, () -> false).orElseThrow();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
