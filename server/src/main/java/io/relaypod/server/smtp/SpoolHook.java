package io.relaypod.server.smtp;

import java.util.concurrent.TimeoutException;

import javax.inject.Inject;
import javax.mail.MessagingException;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.commons.configuration2.Configuration;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.smtpserver.JamesMessageHook;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import com.google.common.base.Throwables;

import io.relaypod.events.MailEvent.Received;
import io.relaypod.events.MailEvent.Refused;
import io.relaypod.events.MailEvents;
import io.relaypod.mailets.Clients;
import io.relaypod.mailets.RefusedRecipients;
import io.relaypod.server.queue.Broker;
import io.relaypod.server.queue.InsufficientStorageException;
import reactor.core.publisher.Mono;

/**
 * Puts a received mail into the spool. Only when the spool has it is the client told {@code 250}, with the queue id that every later
 * log line of the mail carries; when it has not, {@code 452} for a full disk or {@code 451}, and the client keeps the mail. Thread-safe.
 */
public final class SpoolHook implements JamesMessageHook {

    private static final Logger LOGGER = LoggerFactory.getLogger(SpoolHook.class);

    private final MailQueue spool;
    private final Broker broker;
    private final MailEvents events;

    @Inject
    public SpoolHook(MailQueueFactory<?> queues, Broker broker, MailEvents events) {
        this.broker = broker;
        this.events = events;
        this.spool = queues.createQueue(MailQueueFactory.SPOOL);
    }

    @Override
    public void init(Configuration configuration) {
        // nothing to configure
    }

    @Override
    public HookResult onMessage(SMTPSession session, Mail mail) {
        try {
            RefusedRecipients.of(session).saveTo(mail);
            // Here and nowhere later: a mail that was taken needs the room that new ones are refused.
            broker.checkStorage();
            Mono.from(spool.enqueueReactive(mail)).block();
            events.tell(new Received(Clients.of(session), mail.getName(), GraphCheck.messageId(session), mail.getMaybeSender().asString(""),
                Clients.addresses(mail.getRecipients()), session.currentMessageSize()));
            return answer(HookReturnCode.ok(), "250", "2.6.0 Message received as " + mail.getName());
        } catch (InsufficientStorageException full) {
            return refuse(session, 452, "4.3.1 Insufficient system storage");
        } catch (MessagingException | RuntimeException notSpooled) {
            Throwable reason = Throwables.getRootCause(notSpooled);
            if (reason instanceof ActiveMQException || reason instanceof TimeoutException) {
                LOGGER.warn("event=not-stored queue-id={} session={} reason=\"{}\"", mail.getName(), session.getSessionID(), reason.getMessage());
            } else {
                LOGGER.error("event=not-stored queue-id={} session={}", mail.getName(), session.getSessionID(), notSpooled);
            }
            return refuse(session, 451, "4.3.0 The mail could not be stored, try again later");
        }
    }

    private HookResult refuse(SMTPSession session, int code, String text) {
        events.tell(new Refused(Clients.of(session), Clients.sender(session), Clients.recipients(session), code, text));
        return answer(HookReturnCode.denySoft(), Integer.toString(code), text);
    }

    private static HookResult answer(HookReturnCode action, String code, String text) {
        return HookResult.builder().hookReturnCode(action).smtpReturnCode(code).smtpDescription(text).build();
    }
}
