package io.relaypod.server.queue.stored;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import javax.mail.MessagingException;
import javax.mail.internet.MimeMessage;

import io.relaypod.memory.TemporaryFileName;
import org.apache.commons.io.FileUtils;
import org.apache.commons.io.output.DeferredFileOutputStream;
import org.apache.james.server.core.MimeMessageWrapper;

/**
 * A mail's message, header and all, as it is stored, behind what of its envelope is stored there: in memory up to a
 * size, in a temporary file above it. For one thread.
 */
public final class MailBody implements Closeable {

    /** In bytes. Above it a mail is a file of its own beside the journal, as Artemis' large message. */
    public static final int LARGE = 100 * 1024;

    private static final byte[] NOTHING = {};
    // The body, the client's message, its packet and the broker's message.
    private static final int COPIES = 4;
    private static final int PROPERTIES = 2048;

    private final DeferredFileOutputStream bytes;

    private MailBody(DeferredFileOutputStream bytes) {
        this.bytes = bytes;
    }

    /** @param envelope comes first; may be empty */
    public static MailBody of(byte[] envelope, MimeMessage message) throws IOException, MessagingException {
        DeferredFileOutputStream out = DeferredFileOutputStream.builder()
                .setThreshold(LARGE)
                .setPrefix(TemporaryFileName.of("mail-"))
                .get();
        MailBody body = new MailBody(out);
        try (out) {
            out.write(envelope);
            write(message, out);
            return body;
        } catch (IOException | MessagingException | RuntimeException unreadable) {
            body.close();
            throw unreadable;
        }
    }

    // What nobody changed is copied as it came; writing a message parses its header and writes it anew.
    private static void write(MimeMessage message, OutputStream out) throws IOException, MessagingException {
        if (message instanceof MimeMessageWrapper wrapper && !wrapper.isModified()) {
            try (InputStream in = wrapper.getMessageInputStream()) {
                in.transferTo(out);
            }
        } else {
            message.writeTo(out);
        }
    }

    /**
     * Bytes of memory that a message takes from its reading until it is on the disk.
     *
     * @param size of the message, in bytes
     */
    public static long memoryToStore(long size) {
        return COPIES * Math.min(size, LARGE) + PROPERTIES;
    }

    /** Bytes of envelope and message. */
    public long size() {
        return bytes.getByteCount();
    }

    public boolean isLarge() {
        return !bytes.isInMemory();
    }

    /** All of a message that is not large. */
    byte[] inMemory() {
        return bytes.isInMemory() ? bytes.getData() : NOTHING;
    }

    InputStream stream() throws IOException {
        return bytes.toInputStream();
    }

    /** A file that cannot be deleted is left for whoever cleans the directory for temporary files. */
    @Override
    public void close() {
        File file = bytes.getFile();
        if (file != null) {
            FileUtils.deleteQuietly(file);
        }
    }
}
