package io.relaypod.server.smtp;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.Reservation;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.util.io.UnsynchronizedBufferedInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The content of one message from its first line until it is stored: in memory up to a size and as far as the budget
 * allows, otherwise in a file. The latest part of a file may be in memory until {@link #flush}. For one thread at a
 * time.
 */
final class ReceivedMessage implements MimeMessageSource, Disposable {

    private static final Logger LOGGER = LoggerFactory.getLogger(ReceivedMessage.class);

    private static final byte[] NOTHING = {};
    /** In bytes; included in what the connection has reserved, so that a small mail is never in a file. */
    static final int SMALL = 4 << 10;
    // Of a mail in a file, while a worker has it. The JDK copies more than that through memory of the C library, which
    // grows by it.
    private static final int CHUNK = 8 << 10;

    private final String name;
    private final ReceivedMessages messages;
    private final FairShare memory;
    private final Object client;
    private byte[] bytes = NOTHING;
    private int inMemory;
    private long size;
    private long inFile;
    private Optional<Reservation> reservation = Optional.empty();
    private Optional<Reservation> recipients = Optional.empty();
    private Optional<Path> file = Optional.empty();
    private Optional<OutputStream> out = Optional.empty();
    private boolean isDisposed;

    /** Neither the budget nor the files have space for the message. The client may try again later. */
    static final class NoRoomException extends IOException {

        private static final long serialVersionUID = 1;

        NoRoomException() {
            super("the room for mails that are being received is spent");
        }
    }

    ReceivedMessage(String name, ReceivedMessages messages, FairShare memory, Object client) {
        this.name = name;
        this.messages = messages;
        this.memory = memory;
        this.client = client;
    }

    /** @throws NoRoomException when neither memory nor a file may hold more */
    void write(byte[] line, int begin, int length) throws IOException {
        if (file.isEmpty() && !fitsInMemory(inMemory + length)) {
            beginFile();
        }
        if (file.isPresent() && inMemory + length > CHUNK) {
            flush();
        }
        size += length;
        if (file.isPresent() && length > CHUNK) {
            writeToFile(line, begin, length);
            return;
        }
        if (inMemory + length > bytes.length) {
            int most = file.isPresent() ? CHUNK : ReceivedMessages.MAX_IN_MEMORY;
            bytes = Arrays.copyOf(
                    bytes, Math.min(most, Math.max(inMemory + length, Math.max(SMALL, 2 * bytes.length))));
        }
        System.arraycopy(line, begin, bytes, inMemory, length);
        inMemory += length;
    }

    private boolean fitsInMemory(int needed) {
        if (needed > ReceivedMessages.MAX_IN_MEMORY) {
            return false;
        }
        if (needed <= bytes.length || needed <= SMALL) {
            return true;
        }
        // The array doubles, and is there twice while it does.
        long bytesThen = Math.min(ReceivedMessages.MAX_IN_MEMORY, Math.max(needed, Math.max(SMALL, 2L * bytes.length)));
        if (reservation.isEmpty()) {
            reservation = memory.tryReserve(client, bytesThen);
            return reservation.isPresent();
        }
        return reservation.get().tryResize(bytesThen);
    }

    private void beginFile() throws IOException {
        Path begun = messages.newFile();
        file = Optional.of(begun);
        out = Optional.of(new FileOutputStream(begun.toFile()));
        flush();
        reservation.ifPresent(Reservation::close);
        reservation = Optional.empty();
    }

    /** Writes to the file what is still in memory, if the message is in a file. */
    void flush() throws IOException {
        if (out.isPresent() && inMemory > 0) {
            writeToFile(bytes, 0, inMemory);
            bytes = NOTHING;
            inMemory = 0;
        }
    }

    private void writeToFile(byte[] from, int begin, int length) throws IOException {
        if (!messages.tryGrow(length)) {
            throw new NoRoomException();
        }
        inFile += length;
        out.orElseThrow().write(from, begin, length);
    }

    /** Ends the message: nothing more is written. */
    void end() throws IOException {
        flush();
        if (out.isPresent()) {
            out.get().close();
            out = Optional.empty();
        }
    }

    /** Holds the recipients' reservation until the message is disposed of. */
    void keep(Optional<Reservation> ofRecipients) {
        recipients = ofRecipients;
    }

    @Override
    public String getSourceId() {
        return name;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return file.isPresent()
                ? new UnsynchronizedBufferedInputStream(
                        new FileInputStream(file.get().toFile()), CHUNK)
                : new ByteArrayInputStream(bytes, 0, inMemory);
    }

    @Override
    public long getMessageSize() {
        return size;
    }

    /** Deletes the file. A second time does nothing. */
    @Override
    public void dispose() {
        if (isDisposed) {
            return;
        }
        isDisposed = true;
        try {
            if (out.isPresent()) {
                out.get().close();
            }
            if (file.isPresent()) {
                Files.deleteIfExists(file.get());
            }
        } catch (IOException left) {
            LOGGER.warn("event=not-deleted file={} reason=\"{}\"", file, left.getMessage());
        }
        messages.released(inFile);
        bytes = NOTHING;
        reservation.ifPresent(Reservation::close);
        recipients.ifPresent(Reservation::close);
    }
}
