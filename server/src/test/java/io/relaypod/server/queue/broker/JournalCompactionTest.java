package io.relaypod.server.queue.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;
import org.apache.activemq.artemis.core.journal.PreparedTransactionInfo;
import org.apache.activemq.artemis.core.journal.RecordInfo;
import org.apache.activemq.artemis.core.journal.impl.JournalImpl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalCompactionTest {

    private static final int FILE_SIZE = 1 << 20;
    private static final byte KIND = 1;

    @TempDir
    private Path directory;

    @Test
    void whatIsDeletedGoesAndTheRestStays() throws Exception {
        fill();
        JournalCompaction compaction = new JournalCompaction(directory, FILE_SIZE);
        assertThat(compaction.files()).isGreaterThan(9);

        compaction.run();

        assertThat(compaction.files()).isLessThanOrEqualTo(4);
        assertThatNoRecordIsLost();
    }

    @Test
    void aCompactionThatFailsLeavesTheJournalAsItWas() throws Exception {
        fill();
        JournalCompaction compaction = new JournalCompaction(directory, FILE_SIZE);
        long before = compaction.files();
        // No file can be made under the name of a directory.
        for (long number = 1; number <= 100; number++) {
            Files.createDirectories(
                    directory.resolve("activemq-data-" + number + ".amq.cmp").resolve("x"));
        }

        assertThatThrownBy(compaction::run)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(directory + " cannot be compacted");

        assertThat(compaction.files()).isGreaterThanOrEqualTo(before);
        assertThatNoRecordIsLost();
    }

    /** Writes ten files, with one record in each that is not deleted, so that Artemis removes none. */
    private void fill() throws Exception {
        JournalImpl journal = journal();
        journal.start();
        journal.load(new ArrayList<>(), new ArrayList<>(), null);
        for (int id = 1; id <= 100; id++) {
            journal.appendAddRecord(id, KIND, new byte[99_000], true);
        }
        for (int id = 1; id <= 100; id++) {
            if (id % 9 != 0) {
                journal.appendDeleteRecord(id, true);
            }
        }
        journal.stop();
    }

    private void assertThatNoRecordIsLost() throws Exception {
        List<RecordInfo> left = new ArrayList<>();
        List<PreparedTransactionInfo> prepared = new ArrayList<>();
        JournalImpl again = journal();
        again.start();
        again.load(left, prepared, null);
        again.stop();
        assertThat(left)
                .extracting(record -> record.id)
                .containsExactly(9L, 18L, 27L, 36L, 45L, 54L, 63L, 72L, 81L, 90L, 99L);
        assertThat(left).allSatisfy(record -> assertThat(record.data).hasSize(99_000));
    }

    @Test
    void aJournalWithoutFilesHasNone() throws Exception {
        assertThat(new JournalCompaction(directory, FILE_SIZE).files()).isZero();
    }

    private JournalImpl journal() {
        return new JournalImpl(
                FILE_SIZE, 2, 2, 0, 0, new NIOSequentialFileFactory(directory.toFile(), 1), "activemq-data", "amq", 1);
    }
}
