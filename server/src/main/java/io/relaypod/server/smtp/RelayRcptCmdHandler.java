package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import javax.inject.Inject;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode.Action;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.apache.james.smtpserver.JamesRcptCmdHandler;

import com.google.common.base.Splitter;

import io.relaypod.domain.RecipientAnswer;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEvents;
import io.relaypod.mailets.AsynchronousRcptHook;
import io.relaypod.mailets.Clients;
import io.relaypod.mailets.RefusedRecipients;
import io.relaypod.server.settings.ClientLimits;

/**
 * James' RCPT, in which a hook may wait for its answer without a thread ({@link AsynchronousRcptHook}). It refuses a recipient that could
 * not be sent on, keeps in mind whoever was refused, by it or by a hook, and shows its hooks the options alone: James shows them the words
 * of the whole command, and fails on one that comes twice, as blanks do.
 *
 * <p>A client that is refused one recipient after the other waits for its replies: {@link RcptTarpit}. Thread-safe.
 */
public final class RelayRcptCmdHandler extends JamesRcptCmdHandler {

    private static final Response UNSENDABLE = new SMTPResponse(Integer.toString(RecipientAnswer.BAD_ADDRESS.code()),
        RecipientAnswer.BAD_ADDRESS.text()).immutable();
    private static final Response OPTION_TWICE = new SMTPResponse("501", "5.5.4 An option is given twice").immutable();

    private static final Splitter OPTIONS = Splitter.on(' ').omitEmptyStrings();
    private static final String TIMER = "SMTP-rcpt";

    private final RcptTarpit tarpit;
    private final MailEvents events;

    @Inject
    public RelayRcptCmdHandler(MetricFactory metrics, DomainList domains, ClientLimits limits, MailEvents events) {
        super(metrics, domains);
        this.tarpit = new RcptTarpit(limits.badRecipients());
        this.events = events;
    }

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        TimeMetric timer = metricFactory.timer(TIMER);
        try {
            Response refusal = doFilterChecks(session, request.getCommand(), request.getArgument());
            if (refusal == null) {
                return new Recipient(session, request).answer();
            }
            Response noted = noted(session, request.getArgument(), refusal);
            return ErrorLimit.counts(noted) ? noted : slowed(session, noted);
        } finally {
            timer.stopAndPublish();
        }
    }

    @Override
    protected Response doFilterChecks(SMTPSession session, String command, String parameters) {
        Response syntaxError = super.doFilterChecks(session, command, parameters);
        if (syntaxError != null) {
            return syntaxError;
        }
        if (hasOptionTwice(parameters)) {
            return OPTION_TWICE;
        }
        MailAddress recipient = recipient(session);
        if (SendableAddress.is(recipient)) {
            return null; // James' way to say that nothing is wrong
        }
        events.tell(new RecipientRefused(Clients.of(session), Clients.sender(session), recipient.asString(), RecipientAnswer.BAD_ADDRESS));
        return UNSENDABLE;
    }

    private static MailAddress recipient(SMTPSession session) {
        return session.getAttachment(CURRENT_RECIPIENT, State.Transaction).orElseThrow();
    }

    /** The refusal, after the recipient was noted: no record of the mail's header may name it. */
    private static Response noted(SMTPSession session, String parameters, Response refusal) {
        if (parameters != null && session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent()) {
            int begin = parameters.indexOf('<');
            int end = parameters.lastIndexOf('>');
            if (begin >= 0 && begin < end) {
                RefusedRecipients.note(session, parameters.substring(begin + 1, end));
            }
        }
        return refusal;
    }

    private Response slowed(SMTPSession session, Response response) {
        if (response.getRetCode().charAt(0) != '5') {
            return response;
        }
        Duration delay = tarpit.refused(session);
        return delay.isZero() ? response : new PendingReply(after(delay), () -> response).leaveIn(session);
    }

    private CompletableFuture<Void> after(Duration delay) {
        Executor atOnce = Runnable::run;
        return CompletableFuture.runAsync(() -> { }, CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS, atOnce));
    }

    private static boolean hasOptionTwice(String parameters) {
        List<String> options = options(parameters);
        Set<String> names = new HashSet<>();
        return options.size() > 1 && !options.stream()
            .map(option -> option.replaceFirst("=.*", "").toUpperCase(Locale.ROOT))
            .allMatch(names::add);
    }

    private static List<String> options(String parameters) {
        int begin = parameters.lastIndexOf('>') + 1;
        return begin == parameters.length() ? List.of() : OPTIONS.splitToList(parameters.substring(begin));
    }

    /** One RCPT on its way through the hooks. For the session's thread. */
    private final class Recipient {

        private final SMTPSession session;
        private final String command;
        private final String parameters;
        private final List<String> options;
        private final MailAddress address;
        private final Iterator<RcptHook> hooks = getHooks().iterator();

        Recipient(SMTPSession session, Request request) {
            this.session = session;
            this.command = request.getCommand();
            this.parameters = request.getArgument();
            this.options = options(parameters);
            this.address = recipient(session);
        }

        Response answer() {
            if (!hooks.hasNext()) {
                return doCoreCmd(session, command, parameters);
            }
            RcptHook hook = hooks.next();
            if (hook instanceof AsynchronousRcptHook asynchronous) {
                CompletableFuture<Supplier<HookResult>> asked = asynchronous.ask(session, address).toCompletableFuture();
                return asked.isDone() ? goOn(asked.join().get())
                    : new PendingReply(asked, () -> goOn(asked.join().get())).leaveIn(session);
            }
            return goOn(ask(hook));
        }

        private Response goOn(HookResult result) {
            Optional<Response> response = response(result);
            if (response.isEmpty()) {
                return answer();
            }
            boolean accepted = response.get().getRetCode().equals(SMTPRetCode.MAIL_OK);
            return accepted ? response.get() : slowed(session, noted(session, parameters, response.get()));
        }

        private HookResult ask(RcptHook hook) {
            return options.isEmpty()
                ? hook.doRcpt(session, session.getAttachment(SMTPSession.SENDER, State.Transaction).orElse(MaybeSender.nullSender()), address, Map.of())
                : callHook(hook, session, String.join(" ", options));
        }

        private Optional<Response> response(HookResult result) {
            if (result.getResult().getAction() == Action.OK && !result.getResult().isDisconnected()) {
                return Optional.of(doCoreCmd(session, command, parameters));
            }
            return Optional.ofNullable(calcDefaultSMTPResponse(result));
        }
    }
}
