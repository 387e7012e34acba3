package io.relaypod.server.smtp;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.deliverability.DeliverabilityCheck;
import io.relaypod.deliverability.MailRefusal;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailSummary;
import io.relaypod.mailets.Addresses;
import io.relaypod.mailets.RecordedSummary;
import io.relaypod.mailets.RefusedRecipients;
import io.relaypod.mailets.SmtpTransaction;
import io.relaypod.mime.TraceInformation;
import io.relaypod.server.settings.TraceSettings;
import org.apache.james.core.MaybeSender;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.ExtensibleHandler;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.apache.james.server.core.MailImpl;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last of the DataLineFilters. It adds the lines of a message to the session's {@link IncomingMessage}. At the end
 * it refuses what is too large, what the login may not send, and what Mailpit, smtp2graph or Graph would refuse or
 * never send. All else it shows to the {@link EndOfMailHooks} and hands to the {@link SpoolWriter}.
 *
 * <p>James' own handler of the end holds an I/O thread until the message is stored. Here the session's transaction ends
 * at once: the client's next one can begin meanwhile. Thread-safe.
 */
public final class MessageReceiver implements DataLineFilter, ExtensibleHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(MessageReceiver.class);

    private final SpoolWriter spool;
    private final LoginRules logins;
    private final boolean recordsSubjects;
    private EndOfMailHooks hooks = EndOfMailHooks.NONE;

    @Inject
    public MessageReceiver(SpoolWriter spool, LoginRules logins, TraceSettings trace) {
        this.spool = spool;
        this.logins = logins;
        this.recordsSubjects = trace.subjects();
    }

    @Override
    public @Nullable Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
        IncomingMessage message = ((RelaySession) session)
                .incoming()
                .orElseThrow(() -> new IllegalStateException("a hook has reset the transaction within its message"));
        try {
            if (MailDataDecoder.isEndOfData(line)) {
                return ended(session, message);
            }
            message.add(session, line);
            return null; // James' way to say that a line needs no reply
        } catch (IOException | MessagingException failure) {
            return notKept(session, failure);
        }
    }

    /** Ends the session with a reply: the rest of the message would be taken for commands. */
    static Response notKept(SMTPSession session, Exception failure) {
        boolean isFull = failure instanceof ReceivedMessage.NoRoomException;
        if (isFull) {
            LOGGER.warn("event=not-received session={} reason=\"{}\"", session.getSessionID(), failure.getMessage());
        } else {
            LOGGER.error("event=not-received session={}", session.getSessionID(), failure);
        }
        session.popLineHandler();
        session.resetState();
        SMTPResponse last = isFull
                ? new SMTPResponse("452", "4.3.1 Insufficient system storage")
                : new SMTPResponse("451", "4.3.0 The mail could not be kept, try again later");
        last.setEndSession(true);
        return last;
    }

    private Response ended(SMTPSession session, IncomingMessage message) throws IOException, MessagingException {
        SmtpTransaction transaction = SmtpTransaction.of(session);
        Optional<MailRefusal> refusal = message.refusal(transaction).or(() -> logins.refusal(session, message.check()));
        if (refusal.isPresent()) {
            return message.refuse(session, refusal.get());
        }
        message.end(session);
        session.setCurrentMessageSize(message.size()); // hooks may ask for it
        // From here on the content is the mail's; else the session would dispose of it.
        ReceivedMessage content = ((RelaySession) session).handOver();
        MailImpl mail = mail(session, content);
        MailSummary summary = summary(mail, message.check());
        RecordedSummary.write(mail, summary);
        Optional<Response> ofHooks = answerOfHooks(session, mail, content);
        if (ofHooks.isPresent()) {
            LifecycleUtil.dispose(mail);
        }
        Response response = ofHooks.orElseGet(() -> spool.store(mail, event(transaction, mail, summary, message.size()))
                .map(stored -> noteIfAccepted(session, stored)));
        session.popLineHandler();
        session.resetState();
        return response;
    }

    private static MailImpl mail(SMTPSession session, ReceivedMessage content) throws MessagingException {
        MailImpl mail = MailImpl.builder()
                .name(content.getSourceId())
                .sender(session.getAttachment(SMTPSession.SENDER, State.Transaction)
                        .orElse(MaybeSender.nullSender()))
                .addRecipients(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                        .orElse(List.of()))
                .build();
        mail.setMessageContent(content);
        return mail;
    }

    private MailSummary summary(MailImpl mail, DeliverabilityCheck check) {
        String sender = mail.getMaybeSender().asString("");
        String messageId = check.messageId();
        return new MailSummary(
                messageId.isEmpty() ? TraceInformation.messageId(mail.getName(), sender) : messageId,
                recordsSubjects ? check.subject() : "",
                check.mailbox(sender));
    }

    private static MailReceived event(SmtpTransaction transaction, MailImpl mail, MailSummary summary, long size) {
        return new MailReceived(
                transaction.client(),
                mail.getName(),
                summary.messageId(),
                summary.subject(),
                summary.mailbox(),
                mail.getMaybeSender().asString(""),
                Addresses.texts(mail.getRecipients()),
                size);
    }

    private Optional<Response> answerOfHooks(SMTPSession session, MailImpl mail, ReceivedMessage content)
            throws IOException {
        try {
            RefusedRecipients.of(session).saveTo(mail, content::getInputStream);
            return hooks.answer(session, mail, content);
        } catch (IOException | RuntimeException broken) {
            LifecycleUtil.dispose(mail);
            throw broken;
        }
    }

    private static Response noteIfAccepted(SMTPSession session, Response response) {
        if (response.getRetCode().equals(SMTPRetCode.MAIL_OK)) {
            RcptTarpit.mailAccepted(session);
        }
        return response;
    }

    @Override
    public List<Class<?>> getMarkerInterfaces() {
        return EndOfMailHooks.INTERFACES;
    }

    @Override
    public void wireExtensions(Class<?> type, List<?> extensions) {
        hooks = hooks.with(type, extensions);
    }
}
