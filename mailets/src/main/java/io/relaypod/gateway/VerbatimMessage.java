package io.relaypod.gateway;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.Optional;
import java.util.UUID;
import javax.mail.MessagingException;
import javax.mail.internet.InternetHeaders;
import javax.mail.internet.MimeMessage;

import io.relaypod.memory.TemporaryFileName;
import org.apache.james.server.core.MailHeaders;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.server.core.MimeMessageUtil;
import org.apache.james.server.core.MimeMessageWrapper;

/**
 * A message that changes only where a mailet changes it. For one thread.
 *
 * <p>If one header field was changed, Jakarta Mail also adds MIME-Version, Message-ID and a Content-Transfer-Encoding
 * guessed from the body, which may be wrong. James writes a question mark for every byte above 127 in a header. This
 * class does neither.
 */
public final class VerbatimMessage extends MimeMessageWrapper {

    private static final byte[] CRLF = {'\r', '\n'};

    private boolean isHandedOver;

    /** Reads the message from the source, and disposes of the source with the message. */
    public VerbatimMessage(MimeMessageSource source) {
        super(source);
    }

    VerbatimMessage(MimeMessage message) throws MessagingException {
        super(copy(message));
    }

    private static MimeMessageSource copy(MimeMessage message) throws MessagingException {
        String name = TemporaryFileName.of("verbatim-" + UUID.randomUUID());
        try {
            if (message instanceof MimeMessageWrapper wrapper && !wrapper.isModified()) {
                try (InputStream whole = wrapper.getMessageInputStream()) {
                    return MimeMessageInputStreamSource.create(name, whole);
                }
            }
            MimeMessageInputStreamSource copy = MimeMessageInputStreamSource.create(name);
            try (OutputStream out = new BufferedOutputStream(copy.getWritableOutputStream())) {
                message.writeTo(out);
            }
            return copy;
        } catch (IOException unreadable) {
            throw new MessagingException("the message cannot be copied", unreadable);
        }
    }

    @Override
    protected void updateHeaders() {
        // adds nothing
    }

    @Override
    public void writeTo(OutputStream headerOut, OutputStream bodyOut, String[] ignored, boolean preLoad)
            throws IOException, MessagingException {
        if (!saved) {
            saveChanges();
        }
        if (isBodyModified()) {
            writeHeaders(headers, ignored, headerOut);
            MimeMessageUtil.writeMessageBodyTo(this, bodyOut);
            return;
        }
        try (InputStream in = source.getInputStream()) {
            if (headerOut == bodyOut && !isHeaderModified() && (ignored == null || ignored.length == 0)) {
                // Creates no object for each header field.
                in.transferTo(bodyOut);
                return;
            }
            InternetHeaders received = new MailHeaders(in);
            writeHeaders(isHeaderModified() ? headers : received, ignored, headerOut);
            in.transferTo(bodyOut);
        }
    }

    // Jakarta Mail reads a header as Latin-1, so this writes the bytes as they were received.
    private static void writeHeaders(InternetHeaders headers, String[] ignored, OutputStream out) throws IOException {
        for (Enumeration<String> lines = headers.getNonMatchingHeaderLines(ignored); lines.hasMoreElements(); ) {
            out.write(lines.nextElement().getBytes(StandardCharsets.ISO_8859_1));
            out.write(CRLF);
        }
        out.write(CRLF);
    }

    @Override
    public void removeHeader(String name) throws MessagingException {
        // James would mark the message as modified even if it has no such header.
        if (getHeader(name) != null) {
            super.removeHeader(name);
        }
    }

    /** Transfers the source of an unchanged message to another message, which disposes of it from now on. */
    MimeMessageSource handOverSource() {
        isHandedOver = true;
        return source;
    }

    @Override
    public void dispose() {
        if (!isHandedOver) {
            super.dispose();
        }
    }

    /** The source of the message; empty if the message was modified. */
    Optional<MimeMessageSource> unchangedSource() {
        return isModified() ? Optional.empty() : Optional.ofNullable(source);
    }
}
