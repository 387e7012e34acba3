package io.relaypod.gateway;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.mail.Address;
import javax.mail.MessagingException;
import javax.mail.SendFailedException;
import javax.mail.Session;
import javax.mail.URLName;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MimeMessage;

import com.sun.mail.smtp.SMTPAddressFailedException;
import com.sun.mail.smtp.SMTPMessage;
import com.sun.mail.smtp.SMTPSendFailedException;
import io.relaypod.address.EnvelopeAddress;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mime.MessageSource;
import org.apache.james.core.MailAddress;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.mailet.DsnParameters;
import org.apache.mailet.DsnParameters.Notify;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection to the gateway, for one mail after another: Jakarta Mail's SMTP client, made to send a mail as it is.
 * For one thread at a time.
 *
 * <p>James turns 8-bit bodies into quoted-printable when the next hop does not offer 8BITMIME, which breaks DKIM
 * signatures, and Jakarta Mail leaves out Content-Length. Mailpit 1.28.3 does not offer 8BITMIME and yet keeps every
 * byte, as does smtp2graph behind it, so 8BITMIME is taken as offered. Put no gateway behind this that is not 8-bit
 * clean.
 */
final class SMTPTransport extends com.sun.mail.smtp.SMTPTransport {

    private static final Logger LOGGER = LoggerFactory.getLogger(SMTPTransport.class);

    private static final int SERVICE_CLOSING = 421;
    private static final int NEXT_HOP_FAILED = 451;
    private static final String NEXT_HOP_STATUS = "4.3.5";
    private static final long NOT_WHOLE = 0;
    private static final String SMTPS = "smtps";
    private static final String SMTP2GRAPH = "smtp2graph";

    private final OneSocket socket;
    private final Duration dataTimeout;
    private final MailEventPublisher events;
    private boolean isGreeted;
    private boolean isSmtp2Graph;
    private int mails;
    private boolean broken;
    private int endsOfData;
    private volatile long wholeSince = NOT_WHOLE;

    /**
     * @param socket the connection's, as its session makes it
     * @param dataTimeout how long the reply to a mail's end is waited for (RFC 5321 section 4.5.3.2.6)
     */
    SMTPTransport(Session session, URLName gateway, OneSocket socket, Duration dataTimeout, MailEventPublisher events) {
        super(session, gateway, gateway.getProtocol(), gateway.getProtocol().equals(SMTPS));
        this.socket = socket;
        this.dataTimeout = dataTimeout;
        this.events = events;
    }

    @Override
    protected int readServerResponse() throws MessagingException {
        int code = super.readServerResponse();
        if (!isGreeted) {
            isGreeted = true;
            isSmtp2Graph = getLastServerResponse().toLowerCase(Locale.ROOT).contains(SMTP2GRAPH);
            if (isSmtp2Graph) {
                LOGGER.warn(
                        "event=gateway-is-smtp2graph next=\"one mail a connection\" reason=\"it loses a mail when one connection brings two; "
                                + "UPSTREAM_HOST and UPSTREAM_PORT have to name Mailpit\"");
            }
        }
        return code;
    }

    @Override
    public boolean supportsExtension(String extension) {
        return extension.equalsIgnoreCase("8BITMIME") || super.supportsExtension(extension);
    }

    /**
     * Sends the mail to all of them in one transaction; when the gateway refuses one, or they want different notices
     * (RFC 3461), each in a transaction of its own, with a header that names nobody else. Nobody gets a mail whose
     * header names more than its transaction.
     *
     * @param furtherTurn whether there may be another transaction, after one that the gateway may have taken; who is
     *     left when there may not be is named as one who may be tried again
     * @throws OutOfTurnException when somebody has it, and there was no turn for the others
     * @throws SendFailedException naming who has it, who was refused, and who may be tried again
     * @throws MessagingException when nobody has it
     */
    synchronized void deliver(Mail mail, Collection<InternetAddress> recipients, BooleanSupplier furtherTurn)
            throws MessagingException {
        mails++;
        broken = false;
        endsOfData = 0;
        Address[] plain = recipients.stream().map(Plain::new).toArray(Address[]::new);
        MimeMessage message = mail.getMessage();
        if (wantDifferentNotices(mail, recipients)) {
            sendOneByOne(mail, message, plain, furtherTurn);
            return;
        }
        try {
            send(new Verbatim(message), mail, plain);
        } catch (SendFailedException refused) {
            if (plain.length == 1 || !isRecipientRefused(refused)) {
                throw refused;
            }
            sendOneByOne(mail, message, plain, furtherTurn);
        }
    }

    private boolean wantDifferentNotices(Mail mail, Collection<InternetAddress> recipients) {
        return mail.dsnParameters().isPresent()
                && super.supportsExtension("DSN")
                && recipients.stream()
                                .map(recipient -> notices(mail, recipient))
                                .distinct()
                                .count()
                        > 1;
    }

    private void send(SMTPMessage message, Mail mail, Address... recipients) throws MessagingException {
        message.setEnvelopeFrom(mail.getMaybeSender().asString());
        askForNotices(message, mail, recipients[0]);
        int before = endsOfData;
        try {
            try {
                sendMessage(message, recipients);
            } catch (SMTPSendFailedException refused) {
                if (!isLiteralSenderRefused(mail, refused)) {
                    throw refused;
                }
                message.setEnvelopeFrom(MailAddress.NULL_SENDER_AS_STRING);
                sendMessage(message, recipients);
            }
        } catch (MessagingException failure) {
            boolean isLost = failure.getNextException() instanceof IOException || getLastReturnCode() <= 0;
            broken = isLost || getLastReturnCode() == SERVICE_CLOSING;
            if (endsOfData > before && (isLost || isNextHopLost())) {
                failure.addSuppressed(
                        new GatewayLostException(isLost ? "" : FailureReason.shortened(getLastServerResponse())));
            }
            throw failure;
        }
        events.publish(new MailDelivered(
                mail.getName(),
                Stream.of(recipients).map(Address::toString).toList(),
                getURLName().getHost(),
                FailureReason.shortened(getLastServerResponse())));
    }

    // Go's net/mail, and so Mailpit, reads no IPv6 literal. Graph has no envelope, so its sender may be left out.
    private static boolean isLiteralSenderRefused(Mail mail, SMTPSendFailedException refused) {
        return refused.getCommand().startsWith("MAIL ")
                && refused.getReturnCode() / 100 == 5
                && mail.getMaybeSender()
                        .asOptional()
                        .flatMap(sender -> EnvelopeAddress.parse(sender.asString()))
                        .filter(EnvelopeAddress::isLiteral)
                        .isPresent();
    }

    // Mailpit's word for a next hop that did not take the mail from it, for whatever reason.
    private boolean isNextHopLost() {
        return getLastReturnCode() == NEXT_HOP_FAILED && getLastServerResponse().contains(NEXT_HOP_STATUS);
    }

    // Jakarta Mail leaves out RET and NOTIFY where DSN is not offered, and not what it is given as an extension.
    private void askForNotices(SMTPMessage message, Mail mail, Address recipient) {
        if (super.supportsExtension("DSN")) {
            mail.dsnParameters()
                    .flatMap(DsnParameters::getEnvIdParameter)
                    .ifPresent(id -> message.setMailExtension("ENVID=" + id.asString()));
            mail.dsnParameters()
                    .flatMap(DsnParameters::getRetParameter)
                    .ifPresent(parts -> message.setReturnOption(
                            parts == DsnParameters.Ret.FULL ? SMTPMessage.RETURN_FULL : SMTPMessage.RETURN_HDRS));
            notices(mail, (InternetAddress) recipient).ifPresent(message::setNotifyOptions);
        }
    }

    private static Optional<Integer> notices(Mail mail, InternetAddress recipient) {
        return mail.dsnParameters()
                .flatMap(parameters -> parameters.getRcptParameters().entrySet().stream()
                        .filter(entry -> isFor(entry.getKey(), recipient))
                        .findFirst()
                        .flatMap(entry -> entry.getValue().getNotifyParameter())
                        .map(wanted ->
                                wanted.stream().mapToInt(SMTPTransport::option).sum()));
    }

    private static boolean isFor(MailAddress address, InternetAddress recipient) {
        return address.asString().equalsIgnoreCase(recipient.getAddress());
    }

    private static int option(Notify notice) {
        return switch (notice) {
            case NEVER -> SMTPMessage.NOTIFY_NEVER;
            case SUCCESS -> SMTPMessage.NOTIFY_SUCCESS;
            case FAILURE -> SMTPMessage.NOTIFY_FAILURE;
            case DELAY -> SMTPMessage.NOTIFY_DELAY;
        };
    }

    private static boolean isRecipientRefused(SendFailedException failure) {
        return failure.getNextException() instanceof SMTPAddressFailedException;
    }

    /** A transaction for each recipient, so that one that is refused does not stop the others. */
    private void sendOneByOne(Mail mail, MimeMessage message, Address[] recipients, BooleanSupplier furtherTurn)
            throws MessagingException {
        List<Address> sent = new ArrayList<>();
        List<Address> unsent = new ArrayList<>();
        List<Address> refused = new ArrayList<>();
        MessagingException failures = new MessagingException("not every recipient could be sent the mail");
        List<Throwable> lost = new ArrayList<>();
        int turns = 1;
        boolean isOutOfTurn = false;
        for (Address recipient : recipients) {
            if (!broken && !isOutOfTurn && endsOfData == turns) {
                isOutOfTurn = !furtherTurn.getAsBoolean();
                turns++;
            }
            if (broken || isOutOfTurn) {
                unsent.add(recipient);
                continue;
            }
            try {
                send(new ForOne(message, recipient), mail, recipient);
                sent.add(recipient);
            } catch (SendFailedException failure) {
                (isEmpty(failure.getInvalidAddresses()) ? unsent : refused).add(recipient);
                failures.setNextException(firstReply(failure));
                lost.addAll(List.of(failure.getSuppressed()));
            } catch (MessagingException failure) {
                unsent.add(recipient);
                failures.setNextException(failure);
                lost.addAll(List.of(failure.getSuppressed()));
            }
        }
        // When nobody has it the try failed, and counts as one: a mail whose first recipient always fails would come
        // back for ever.
        if (isOutOfTurn && !sent.isEmpty()) {
            throw new OutOfTurnException(
                    failures.getNextException(),
                    sent.toArray(Address[]::new),
                    unsent.toArray(Address[]::new),
                    refused.toArray(Address[]::new));
        }
        if (sent.size() < recipients.length) {
            SendFailedException some = new SendFailedException(
                    failures.getMessage(),
                    failures.getNextException(),
                    sent.toArray(Address[]::new),
                    unsent.toArray(Address[]::new),
                    refused.toArray(Address[]::new));
            lost.forEach(some::addSuppressed);
            throw some;
        }
    }

    // "Invalid Addresses", says Jakarta Mail itself.
    private static Exception firstReply(SendFailedException failure) {
        return failure.getNextException() instanceof SMTPAddressFailedException refusal ? refusal : failure;
    }

    private static boolean isEmpty(Address[] addresses) {
        return addresses == null || addresses.length == 0;
    }

    @Override
    protected void finishData() throws IOException, MessagingException {
        endsOfData++;
        socket.waitLonger(dataTimeout);
        wholeSince = System.nanoTime();
        try {
            super.finishData();
        } finally {
            wholeSince = NOT_WHOLE;
            socket.waitAsBefore();
        }
    }

    @Override
    protected void finishBdat() throws IOException, MessagingException {
        endsOfData++;
        socket.waitLonger(dataTimeout);
        wholeSince = System.nanoTime();
        try {
            super.finishBdat();
        } finally {
            wholeSince = NOT_WHOLE;
            socket.waitAsBefore();
        }
    }

    /** Whatever comes of QUIT: what was acknowledged stays delivered (RFC 5321 section 3.8). */
    @Override
    public synchronized void close() {
        try {
            super.close();
        } catch (MessagingException dead) {
            LOGGER.debug("the gateway did not hear QUIT", dead);
        }
    }

    /**
     * Whether the gateway has had a whole mail for so long, and has not replied. Not synchronized, as whoever sends the
     * mail holds the lock.
     */
    boolean isHanging(Duration time) {
        long since = wholeSince;
        return since != NOT_WHOLE && System.nanoTime() - since > time.toNanos();
    }

    /** How many mails it was given. */
    synchronized int mails() {
        return mails;
    }

    /** Whether another mail may follow. */
    synchronized boolean isUsable() {
        return !broken && !(isSmtp2Graph && mails > 0);
    }

    /**
     * Whether it had served another mail, and then broke before the gateway can have taken any of this one: a new
     * connection may do.
     */
    synchronized boolean wasStale() {
        return broken && mails > 1 && endsOfData == 0;
    }

    /**
     * An address as James wrote it. James reads a failure's addresses back from their text, and drops those with a
     * quoted local part, which Jakarta Mail puts between angle brackets: a mail deferred for such a recipient would be
     * lost for it.
     */
    private static final class Plain extends InternetAddress {

        private static final long serialVersionUID = 1L;
        private static final Pattern A_LABEL = Pattern.compile("(?<=[@.])xn--");

        private final String text;

        Plain(InternetAddress address) {
            text = address.getAddress();
            // smtp2graph turns xn-- into Unicode, and not XN--; then it would not find the recipient in To, and add a
            // Bcc.
            setAddress(A_LABEL.matcher(text).replaceAll("XN--"));
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Writes the message whole, whatever header its sender would leave out. */
    private static class Verbatim extends SMTPMessage {

        private final MimeMessage message;

        Verbatim(MimeMessage message) {
            super(message.getSession());
            this.message = message;
        }

        @Override
        public void writeTo(OutputStream out, String[] ignoredHeaders) throws IOException, MessagingException {
            try (InputStream in = bytes().open()) {
                in.transferTo(out);
            }
        }

        MessageSource bytes() throws IOException, MessagingException {
            Optional<MimeMessageSource> source =
                    message instanceof VerbatimMessage verbatim ? verbatim.unchangedSource() : Optional.empty();
            if (source.isPresent()) {
                return source.get()::getInputStream;
            }
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            message.writeTo(written);
            return () -> new ByteArrayInputStream(written.toByteArray());
        }
    }

    /** A message whose To and Cc name no recipient but one. */
    private static final class ForOne extends Verbatim {

        private final Address recipient;

        ForOne(MimeMessage message, Address recipient) {
            super(message);
            this.recipient = recipient;
        }

        @Override
        public void writeTo(OutputStream out, String[] ignoredHeaders) throws IOException, MessagingException {
            MessageSource bytes = bytes();
            TransactionHeader.edits(bytes, List.of(recipient.toString())).apply(bytes, out);
        }
    }
}
