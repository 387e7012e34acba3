package io.relaypod.server.smtp;

import java.io.IOException;
import java.util.List;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.mailets.RefusedRecipients;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last of the DataLineFilters: keeps the lines of a mail and, at its end, shows the mail to the
 * {@link EndOfMailHooks} and gives it to the {@link SpoolWriter}. In place of James' own, whose end of a mail holds an
 * I/O thread until the mail is stored.
 *
 * <p>What the session knows of the mail ends here: the client's next transaction can begin while this one is being
 * stored. Thread-safe.
 */
public final class SpoolDataLineFilter implements DataLineFilter, ExtensibleHandler {

    private static final Logger LOGGER = LoggerFactory.getLogger(SpoolDataLineFilter.class);

    private final SpoolWriter spool;
    private EndOfMailHooks hooks = EndOfMailHooks.NONE;

    @Inject
    public SpoolDataLineFilter(SpoolWriter spool) {
        this.spool = spool;
    }

    @Override
    public Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
        ReceivedMessage message = ((RelaySession) session).message().orElseThrow();
        try {
            if (MessageSizeLimit.isEndOfData(line)) {
                message.end();
                return received(session);
            }
            int stuffing = MessageSizeLimit.isStuffed(line) ? 1 : 0;
            message.write(line, stuffing, line.length - stuffing);
            return noReplyYet();
        } catch (IOException | MessagingException notKept) {
            return notKept(session, notKept);
        }
    }

    /**
     * What the client is told when its mail could not be kept; then the session ends, as what is left of the mail would
     * be taken for commands.
     */
    static Response notKept(SMTPSession session, Exception failure) {
        boolean hasNoRoom = failure instanceof ReceivedMessage.NoRoomException;
        if (hasNoRoom) {
            LOGGER.warn("event=not-received session={} reason=\"{}\"", session.getSessionID(), failure.getMessage());
        } else {
            LOGGER.error("event=not-received session={}", session.getSessionID(), failure);
        }
        session.popLineHandler();
        session.resetState();
        SMTPResponse last = hasNoRoom
                ? new SMTPResponse("452", "4.3.1 Insufficient system storage")
                : new SMTPResponse("451", "4.3.0 The mail could not be kept, try again later");
        last.setEndSession(true);
        return last;
    }

    private Response received(SMTPSession session) throws IOException, MessagingException {
        // From here on it is the mail's; else the session would dispose of it.
        ReceivedMessage message = ((RelaySession) session).handOver();
        MailImpl mail = MailImpl.builder()
                .name(message.getSourceId())
                .sender(session.getAttachment(SMTPSession.SENDER, State.Transaction)
                        .orElse(MaybeSender.nullSender()))
                .addRecipients(session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction)
                        .orElse(List.of()))
                .build();
        mail.setMessageContent(message);
        Response response = answerOfHooks(session, mail, message);
        if (response == null) {
            PendingReply stored = spool.store(session, mail);
            new PendingReply(
                            stored.awaited(),
                            () -> noted(session, stored.reply().get()),
                            stored.over())
                    .leaveIn(session);
        } else {
            LifecycleUtil.dispose(mail);
        }
        session.popLineHandler();
        session.resetState();
        return response;
    }

    // James' way to say that no hook has an answer is null.
    private Response answerOfHooks(SMTPSession session, MailImpl mail, ReceivedMessage message) throws IOException {
        try {
            RefusedRecipients.of(session).saveTo(mail, message::getInputStream);
            return hooks.answer(session, mail, message).orElse(null);
        } catch (IOException | RuntimeException broken) {
            LifecycleUtil.dispose(mail);
            throw broken;
        }
    }

    private static Response noted(SMTPSession session, Response response) {
        if (response.getRetCode().equals(SMTPRetCode.MAIL_OK)) {
            RcptTarpit.mailAccepted(session);
        }
        return response;
    }

    // James' way to say that a line needs no reply.
    private static Response noReplyYet() {
        return null;
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
