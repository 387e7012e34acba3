package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.graph.ExpectedCopies.CopyKey;
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
            for (int i = 0; !records.index().isFull(); i++) {
                records.index().add(copy("Mail" + i));
            }
            records.expect(new CopyKey("Mail-x", List.of("a@good.test")), Instant.EPOCH);
            assertThat(records.add(copy("Mail-x"), true)).isFalse();
            assertThat(records.expected().size()).isEqualTo(1);
        }
    }

    private static FollowedCopy copy(String id) {
        return new FollowedCopy(
                new GraphCopy(id + ".eml", Optional.of(id), Optional.empty(), List.of("a@good.test"), ""),
                CopyPlace.QUEUE,
                Instant.EPOCH,
                false);
    }
}
