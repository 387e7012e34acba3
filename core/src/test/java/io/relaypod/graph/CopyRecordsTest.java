package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.graph.FollowedCopy.CopyPlace;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyRecordsTest {

    @TempDir
    private Path home;

    @Test
    void aCopyThatCannotBeFollowedIsStillExpected() throws IOException {
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            for (int i = 0; records.index().hasRoom(CopyPlace.QUEUE); i++) {
                records.index().add(copy("Mail" + i));
            }
            records.expect(GraphCopy.of("Mail-x", List.of("a@good.test")), Instant.EPOCH);
            assertThat(records.add(copy("Mail-x"), true)).isFalse();
            assertThat(records.expected().all()).hasSize(1);
        }
    }

    @Test
    void aJournalThatCouldNotBeWrittenIsWrittenAnewWhenItCan() throws IOException {
        GraphCopy expected = GraphCopy.of("Mail-x", List.of("a@good.test"));
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            Path inTheWay = Files.createDirectories(home.resolve("copies.new").resolve("x"));
            journal.close(); // from here on, each write fails
            records.expect(expected, Instant.EPOCH);
            records.flush();
            assertThat(records.isWritten()).isFalse();

            Files.delete(inTheWay);
            Files.delete(home.resolve("copies.new"));
            records.flush();
            assertThat(records.isWritten()).isTrue();
        }
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            records.restore();
            assertThat(records.expected().all()).containsOnlyKeys(expected);
        }
    }

    @Test
    void aLineThatTheEndOfTheProcessCutDoesNotHideTheNext() throws IOException {
        GraphCopy expected = GraphCopy.of("Mail-x", List.of("a@good.test"));
        Files.writeString(home.resolve("copies"), "SEEN\tQUEUED\t17");
        try (CopyJournal journal = new CopyJournal(home)) {
            new CopyRecords(journal).expect(expected, Instant.EPOCH);
        }
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            records.restore();
            assertThat(records.expected().all()).containsOnlyKeys(expected);
        }
    }

    @Test
    void afterARestartACopyIsStillExpectedAlthoughAnEarlierOneOfItsMessageWasAnswered() throws IOException {
        GraphCopy expected = GraphCopy.of("Mail-x", List.of("a@good.test"));
        FollowedCopy earlier = copy("Mail-x");
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            records.add(earlier, true);
            earlier.moveTo(CopyPlace.FAILED);
            records.expect(expected, Instant.EPOCH.plusSeconds(3_600));
            records.answered(earlier.copy(), CopyState.WITHDRAWN, Instant.EPOCH.plusSeconds(3_601));
            assertThat(records.expected().all()).containsOnlyKeys(expected);
        }
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            records.restore();
            assertThat(records.expected().all()).containsOnlyKeys(expected);
        }
    }

    @Test
    void theAcceptanceOfAMailboxIsKnownAfterThoseOfManyOthers() throws IOException {
        try (CopyJournal journal = new CopyJournal(home)) {
            CopyRecords records = new CopyRecords(journal);
            accept(records, "app@ours.test", 0);
            for (int other = 0; other < 2_500; other++) {
                accept(records, "app" + other + "@ours.test", other);
            }
            assertThat(records.acceptedAt("app@ours.test")).isEmpty();

            accept(records, "app@ours.test", 3_000);

            assertThat(records.acceptedAt("app@ours.test")).contains(Instant.ofEpochSecond(3_000));
        }
    }

    private static void accept(CopyRecords records, String mailbox, long seconds) {
        records.answered(
                new GraphCopy("y.eml", Optional.of("Mail-y"), Optional.empty(), List.of(), mailbox),
                CopyState.ACCEPTED,
                Instant.ofEpochSecond(seconds));
    }

    private static FollowedCopy copy(String id) {
        return new FollowedCopy(
                new GraphCopy(id + ".eml", Optional.of(id), Optional.empty(), List.of("a@good.test"), ""),
                CopyPlace.QUEUE,
                Instant.EPOCH,
                false);
    }
}
