package io.relaypod.server.queue.broker;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import org.apache.activemq.artemis.core.io.SequentialFileFactory;
import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;
import org.apache.activemq.artemis.core.journal.impl.JournalFile;
import org.apache.activemq.artemis.core.journal.impl.JournalFileImpl;
import org.apache.activemq.artemis.core.journal.impl.JournalImpl;
import org.apache.activemq.artemis.core.journal.impl.JournalReaderCallback;

/**
 * Where a journal was cut short: the process or the machine died in the middle of its last write. Artemis leaves that
 * out without a word.
 *
 * @param file of the journal
 * @param at up to which byte it is sound
 * @param bytes behind it, at most: a file that is used again has older bytes there
 */
public record TruncatedJournal(Path file, long at, long bytes) {

    private static final String FILES = "*.amq";
    private static final int HEADER = JournalImpl.SIZE_HEADER;
    private static final int KIND = Byte.BYTES;
    private static final int CHUNK = 64 << 10;

    /** A file and the number by which the journal orders its files. */
    private record Numbered(Path file, int version, long number) {}

    /**
     * Looks at the file that was written last. The journal must not be open.
     *
     * @return empty when its last record is whole, or when there is no journal
     */
    public static Optional<TruncatedJournal> find(Path journal) throws IOException {
        if (!Files.isDirectory(journal)) {
            return Optional.empty();
        }
        for (Numbered file : newestFirst(journal)) {
            Reading reading = read(journal, file);
            long end = lastByte(file.file());
            if (reading.isCut || beginsRecord(file, reading.end, end)) {
                return Optional.of(new TruncatedJournal(file.file(), reading.end, end - reading.end));
            }
            // Behind the last one that was written there are some that only have their numbers.
            if (reading.end > HEADER) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static List<Numbered> newestFirst(Path journal) throws IOException {
        List<Numbered> files = new ArrayList<>();
        try (var found = Files.newDirectoryStream(journal, FILES)) {
            for (Path file : found) {
                if (Files.size(file) > HEADER) {
                    files.add(numbered(file));
                }
            }
        }
        files.sort(Comparator.comparingLong(Numbered::number).reversed());
        return files;
    }

    private static Numbered numbered(Path file) throws IOException {
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            int version = in.readInt();
            in.readInt();
            return new Numbered(file, version, in.readLong());
        }
    }

    private static Reading read(Path journal, Numbered numbered) throws IOException {
        SequentialFileFactory files = new NIOSequentialFileFactory(journal.toFile(), 1);
        JournalFile file = new JournalFileImpl(
                files.createSequentialFile(numbered.file().getFileName().toString()),
                numbered.number(),
                numbered.version());
        Reading reading = new Reading();
        AtomicReference<ByteBuffer> buffer = new AtomicReference<>();
        try {
            reading.end = JournalImpl.readJournalFile(files, file, reading, buffer);
            return reading;
        } catch (Exception unreadable) {
            throw new IOException(numbered.file() + " cannot be read", unreadable);
        } finally {
            Optional.ofNullable(buffer.get()).ifPresent(files::releaseDirectBuffer);
        }
    }

    // Artemis passes over one that ends before its length without a mark. Older bytes have another number of the file.
    private static boolean beginsRecord(Numbered file, long at, long end) throws IOException {
        try (FileChannel channel = FileChannel.open(file.file())) {
            ByteBuffer begin = ByteBuffer.allocate(KIND + Integer.BYTES);
            if (channel.read(begin, at) < begin.capacity()) {
                return false;
            }
            boolean isKind = begin.get(0) >= JournalImpl.EVENT_RECORD && begin.get(0) <= JournalImpl.ROLLBACK_RECORD;
            return isKind
                    && (begin.getInt(KIND) == (int) (file.number() & Integer.MAX_VALUE) || end - at < begin.capacity());
        }
    }

    // In parts, since a file is a sixth of the heap.
    private static long lastByte(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            for (long end = channel.size(); end > 0; end -= CHUNK) {
                long begin = Math.max(0, end - CHUNK);
                chunk.clear().limit((int) (end - begin));
                while (chunk.hasRemaining() && channel.read(chunk, begin + chunk.position()) >= 0) {
                    // to the end of the chunk
                }
                for (int at = chunk.position() - 1; at >= 0; at--) {
                    if (chunk.get(at) != 0) {
                        return begin + at + 1;
                    }
                }
            }
            return 0;
        }
    }

    /** Artemis calls a file that has a damaged record one with data, so that it is cleaned up soon. */
    private static final class Reading implements JournalReaderCallback {

        private long end;
        private boolean isCut;

        @Override
        public void markAsDataFile(JournalFile file) {
            isCut = true;
        }
    }
}
