package io.relaypod.gateway;

import java.io.IOException;
import java.io.OutputStream;
import java.util.stream.Stream;

import javax.mail.Address;
import javax.mail.Message;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.URLName;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

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

    private static final Logger LOGGER = LoggerFactory.getLogger(SMTPTransport.class);

    public SMTPTransport(Session session, URLName name) {
        super(session, name);
    }

    @Override
    public boolean supportsExtension(String extension) {
        return extension.equalsIgnoreCase("8BITMIME") || super.supportsExtension(extension);
    }

    @Override
    public synchronized void sendMessage(Message message, Address[] recipients) throws MessagingException {
        super.sendMessage(new Verbatim((MimeMessage) message), Stream.of(recipients).map(Plain::new).toArray(Address[]::new));
        // James' delivery thread names the mail in the MDC.
        LOGGER.info("event=delivered mail={} rcpts={} gateway={} reply=\"{}\"", MDC.get("mail"), recipients.length, getURLName().getHost(),
            getLastServerResponse().strip());
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
