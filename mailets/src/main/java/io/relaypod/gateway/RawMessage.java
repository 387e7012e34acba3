package io.relaypod.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.util.UUID;
import javax.mail.MessagingException;
import javax.mail.internet.MimeMessage;

import io.relaypod.memory.TemporaryFileName;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.TraceInformation;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.server.core.MimeMessageWrapper;
import org.apache.mailet.Mail;

/**
 * Reads and replaces the bytes of a mail's message, without additions by James or Jakarta Mail.
 *
 * <pre>{@code
 * RawMessage message = RawMessage.of(mail);
 * message.replace(changed::writeTo);
 * }</pre>
 */
public final class RawMessage {

    private final Mail mail;
    private final VerbatimMessage message;

    private RawMessage(Mail mail, VerbatimMessage message) {
        this.mail = mail;
        this.message = message;
    }

    /** Writes a message. */
    @FunctionalInterface
    public interface ReplacementWriter {
        void writeTo(OutputStream out) throws IOException, MessagingException;
    }

    public static RawMessage of(Mail mail) throws MessagingException {
        MimeMessage message = mail.getMessage();
        VerbatimMessage verbatim = message instanceof VerbatimMessage already
                        && already.unchangedSource().isPresent()
                ? already
                : replace(mail, new VerbatimMessage(message));
        return new RawMessage(mail, verbatim);
    }

    public MessageSource source() {
        return () -> unchanged().getInputStream();
    }

    private MimeMessageSource unchanged() throws IOException {
        return message.unchangedSource()
                .orElseThrow(() -> new IOException("the message of mail " + mail.getName() + " was changed meanwhile"));
    }

    /**
     * Replaces the first bytes of the message without a copy of the rest. This object must not be used afterwards.
     *
     * @throws IOException if the message was changed meanwhile
     */
    public void begin(TraceInformation added) throws IOException, MessagingException {
        unchanged();
        replace(
                mail,
                new VerbatimMessage(new SplicedMessage(message.handOverSource(), added.bytes(), added.replaces())));
    }

    /**
     * Replaces the message with what {@code writer} writes, which may read from {@link #source()}. This object must not
     * be used afterwards.
     */
    public void replace(ReplacementWriter writer) throws MessagingException {
        MimeMessageInputStreamSource bytes = MimeMessageInputStreamSource.create(
                TemporaryFileName.of(UUID.randomUUID().toString()));
        try (OutputStream out = bytes.getWritableOutputStream()) {
            writer.writeTo(out);
        } catch (IOException | MessagingException | RuntimeException notWritten) {
            bytes.dispose();
            throw new MessagingException(
                    "mail " + mail.getName() + " could not be written", new IOException(notWritten));
        }
        replace(mail, new VerbatimMessage(bytes));
    }

    private static <T extends MimeMessageWrapper> T replace(Mail mail, T message) throws MessagingException {
        if (mail instanceof MailImpl ours) {
            ours.setMessageNoCopy(message);
            return message;
        }
        throw new MessagingException("mail " + mail.getName() + " is not one of James' own: " + mail.getClass());
    }
}
