package io.relaypod.gateway;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import javax.mail.Address;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.URLName;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import org.apache.james.server.core.MimeMessageSource;

import com.sun.mail.smtp.SMTPAddressFailedException;

import io.relaypod.mime.MessageSource;

/**
 * Jakarta Mail's SMTP client, made to send a mail as it is.
 *
 * <p>James turns 8-bit bodies into quoted-printable when the next hop does not offer 8BITMIME, which breaks DKIM signatures,
 * and Jakarta Mail leaves out Content-Length. Mailpit 1.28.3 does not offer 8BITMIME and yet keeps every byte, as does
 * smtp2graph behind it, so 8BITMIME is taken as offered. Put no gateway behind this that is not 8-bit clean.
 *
 * <p>Named by {@code <mail.smtp.class>} in mailetcontainer.xml and in META-INF/javamail.providers. The name has to end in
 * {@code .SMTPTransport}: James looks at it before it believes {@code supportsExtension}.
 */
public final class SMTPTransport extends com.sun.mail.smtp.SMTPTransport {

    public SMTPTransport(Session session, URLName name) {
        super(session, name);
    }

    @Override
    public boolean supportsExtension(String extension) {
        return extension.equalsIgnoreCase("8BITMIME") || super.supportsExtension(extension);
    }

    @Override
    public synchronized void sendMessage(Message message, Address[] recipients) throws MessagingException {
        Address[] plain = Stream.of(recipients).map(Plain::new).toArray(Address[]::new);
        try {
            send((MimeMessage) message, plain);
        } catch (SendFailedException refused) {
            // Nothing was sent: sendpartial is off, so that no mail goes out whose header names more than its transaction.
            if (plain.length == 1 || !isRecipientRefused(refused)) {
                throw refused;
            }
            sendOneByOne((MimeMessage) message, plain);
        }
    }

    private void send(MimeMessage message, Address... recipients) throws MessagingException {
        super.sendMessage(new Verbatim(message), recipients);
        MimeMessage queued = message instanceof ForOne one ? one.message : message;
        if (queued instanceof VerbatimMessage verbatim) {
            verbatim.delivered(Stream.of(recipients).map(Address::toString).toList(), getURLName().getHost(), getLastServerResponse().strip());
        }
    }

    private static boolean isRecipientRefused(SendFailedException failure) {
        return failure.getNextException() instanceof SMTPAddressFailedException;
    }

    /** A transaction for each recipient, its header naming nobody else, so that one that is refused does not stop the others. */
    private void sendOneByOne(MimeMessage message, Address[] recipients) throws MessagingException {
        List<Address> sent = new ArrayList<>();
        List<Address> unsent = new ArrayList<>();
        List<Address> refused = new ArrayList<>();
        MessagingException last = new MessagingException("no recipient was refused");
        for (Address recipient : recipients) {
            try {
                send(new ForOne(message, recipient), recipient);
                sent.add(recipient);
            } catch (SendFailedException failure) {
                (isEmpty(failure.getInvalidAddresses()) ? unsent : refused).add(recipient);
                last = failure;
            } catch (MessagingException failure) {
                unsent.add(recipient);
                last = failure;
            }
        }
        if (sent.size() < recipients.length) {
            throw new SendFailedException(last.getMessage(), last, sent.toArray(Address[]::new), unsent.toArray(Address[]::new),
                refused.toArray(Address[]::new));
        }
    }

    private static boolean isEmpty(Address[] addresses) {
        return addresses == null || addresses.length == 0;
    }

    /** A message whose To and Cc name no recipient but one. */
    private static final class ForOne extends MimeMessage {

        private final MimeMessage message;
        private final Address recipient;

        ForOne(MimeMessage message, Address recipient) {
            super(message.getSession());
            this.message = message;
            this.recipient = recipient;
        }

        @Override
        public void writeTo(OutputStream out) throws IOException, MessagingException {
            MessageSource bytes = bytes();
            TransactionHeader.edits(bytes, List.of(recipient.toString())).apply(bytes, out);
        }

        private MessageSource bytes() throws IOException, MessagingException {
            Optional<MimeMessageSource> source = message instanceof VerbatimMessage verbatim ? verbatim.unchangedSource() : Optional.empty();
            if (source.isPresent()) {
                return source.get()::getInputStream;
            }
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            message.writeTo(written);
            return () -> new ByteArrayInputStream(written.toByteArray());
        }
    }

    /**
     * An address as James wrote it. James reads a failure's addresses back from their text, and drops those with a quoted local
     * part, which Jakarta Mail puts between angle brackets: a mail deferred for such a recipient would be lost for it.
     */
    private static final class Plain extends InternetAddress {

        private static final long serialVersionUID = 1L;

        Plain(Address address) {
            setAddress(((InternetAddress) address).getAddress());
        }

        @Override
        public String toString() {
            return getAddress();
        }
    }

    /** Writes the message whole, whatever header its sender would leave out. */
    private static final class Verbatim extends MimeMessage {

        private final MimeMessage message;

        Verbatim(MimeMessage message) {
            super(message.getSession());
            this.message = message;
        }

        @Override
        public void writeTo(OutputStream out, String[] ignoredHeaders) throws IOException, MessagingException {
            message.writeTo(out);
        }
    }
}
