package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.inject.Inject;

import com.google.common.base.CharMatcher;
import io.relaypod.address.EnvelopeAddress;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.AsynchronousRcptHook;
import io.relaypod.mailets.EnvelopeMailAddress;
import io.relaypod.mailets.RefusedRecipients;
import io.relaypod.mailets.SmtpTransaction;
import io.relaypod.server.settings.ClientLimits;
import io.relaypod.server.smtp.PathArgument.BadParameterException;
import io.relaypod.server.smtp.PathArgument.Parameter;
import io.relaypod.verdict.RecipientAnswer;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.GaugeRegistry;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.metrics.api.TimeMetric;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookResultHook;
import org.apache.james.protocols.smtp.hook.HookReturnCode.Action;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.apache.james.smtpserver.JamesRcptCmdHandler;
import org.jspecify.annotations.Nullable;

/**
 * James' RCPT, whose hooks may wait for a result without a thread ({@link AsynchronousRcptHook}). It parses the command
 * itself, refuses recipients that the gateway would refuse, and records all refused recipients of the transaction.
 *
 * <p>Replies to many refused recipients in a row are delayed: {@link RcptTarpit}. Thread-safe.
 */
public final class RelayRcptCmdHandler extends JamesRcptCmdHandler {

    private static final Response NO_MAIL = new SMTPResponse("503", "5.5.1 Need MAIL before RCPT").immutable();
    private static final Response USAGE = new SMTPResponse("501", "5.5.4 Syntax: RCPT TO:<address>").immutable();
    private static final AttachmentKey<PathArgument> ARGUMENT =
            AttachmentKey.of("relaypod.rcptArgument", PathArgument.class);
    // RFC 3461; taken without effect, as Mailpit does: no notice is ever sent
    private static final Set<String> WITHOUT_EFFECT = Set.of("NOTIFY", "ORCPT");
    private static final Pattern ADDRESS_LIKE = Pattern.compile("[^\\s<>,;:()]+@[^\\s<>,;:()]+");

    private static final Response NO_ROOM = new SMTPResponse(
                    "452",
                    "4.3.1 Insufficient system resources for more recipients, send to those before and try again")
            .immutable();

    private static final String TIMER = "SMTP-rcpt";
    private static final CharMatcher PRINTABLE = CharMatcher.javaIsoControl().negate();

    private final RcptTarpit tarpit;
    private final AtomicInteger delayed = new AtomicInteger();
    private ResultHooks resultHooks = ResultHooks.NONE;
    private final MailEventPublisher events;

    @Inject
    public RelayRcptCmdHandler(
            MetricFactory metrics,
            DomainList domains,
            ClientLimits limits,
            GaugeRegistry gauges,
            MailEventPublisher events) {
        super(metrics, domains);
        this.tarpit = new RcptTarpit(limits.badRecipients());
        this.events = events;
        gauges.register("smtpRepliesDelayed", delayed::get);
    }

    @Override
    public void wireExtensions(Class<?> type, List<?> extensions) {
        super.wireExtensions(type, extensions);
        if (type.equals(HookResultHook.class)) {
            resultHooks = ResultHooks.of(extensions);
        }
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
    protected @Nullable Response doFilterChecks(SMTPSession session, String command, String parameters) {
        if (session.getAttachment(SMTPSession.SENDER, State.Transaction).isEmpty()) {
            return NO_MAIL;
        }
        if (parameters == null || !PathArgument.hasKeyword("TO", parameters)) {
            return USAGE;
        }
        try {
            Optional<PathArgument> argument = PathArgument.parse(parameters);
            return argument.isPresent()
                    ? refusal(session, argument.get()).orElse(null) // James' way to say that nothing is wrong
                    : refused(session, parameters, RecipientAnswer.BAD_ADDRESS);
        } catch (BadParameterException bad) {
            return new SMTPResponse("501", "5.5.4 " + bad.getMessage());
        }
    }

    private Optional<Response> refusal(SMTPSession session, PathArgument argument) {
        Optional<Response> unsupported = argument.parameters().stream()
                .filter(parameter -> !WITHOUT_EFFECT.contains(parameter.name()) && !isSupported(parameter))
                .findFirst()
                .map(Parameter::unsupported);
        if (unsupported.isPresent()) {
            return unsupported;
        }
        if (EnvelopeAddress.needsSmtpUtf8(argument.path())) {
            return Optional.of(refused(session, argument.path(), RecipientAnswer.NEEDS_SMTPUTF8));
        }
        Optional<EnvelopeAddress> address = EnvelopeAddress.parse(argument.path());
        if (address.isEmpty()) {
            return Optional.of(refused(session, argument.path(), RecipientAnswer.BAD_ADDRESS));
        }
        session.setAttachment(CURRENT_RECIPIENT, EnvelopeMailAddress.of(address.get()), State.Transaction);
        session.setAttachment(ARGUMENT, argument, State.Transaction);
        return Optional.empty();
    }

    private boolean isSupported(Parameter parameter) {
        return getHooks().stream().anyMatch(hook -> hook.supportedParameters().contains(parameter.name()));
    }

    private Response refused(SMTPSession session, String recipient, RecipientAnswer answer) {
        events.publish(new RecipientRefused(
                SmtpTransaction.client(session),
                SmtpTransaction.sender(session),
                PRINTABLE.retainFrom(recipient),
                answer));
        return new SMTPResponse(Integer.toString(answer.code()), answer.text());
    }

    private static MailAddress recipient(SMTPSession session) {
        return session.getAttachment(CURRENT_RECIPIENT, State.Transaction).orElseThrow();
    }

    /** Records the recipient of a refused command; no header field of the relay may list it. @return the refusal */
    static Response noted(SMTPSession session, String parameters, Response refusal) {
        if (parameters != null
                && session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent()) {
            String path = path(parameters);
            Optional<EnvelopeAddress> address = EnvelopeAddress.parse(path);
            boolean isNoted =
                    note(session, address.map(EnvelopeAddress::toString).orElse(path));
            if (address.isEmpty()) {
                isNoted = ADDRESS_LIKE.matcher(parameters).results().allMatch(like -> note(session, like.group()))
                        && isNoted;
            }
            if (!isNoted) {
                return noRoomAtAll();
            }
        }
        return refusal;
    }

    private static boolean note(SMTPSession session, String recipient) {
        boolean hasRoom = envelope(session).tryAddRefused(client(session), recipient);
        if (hasRoom) {
            RefusedRecipients.note(session, recipient);
        }
        return hasRoom;
    }

    private static String path(String parameters) {
        try {
            return PathArgument.parse(parameters).map(PathArgument::path).orElse(parameters);
        } catch (BadParameterException unreadable) {
            return parameters;
        }
    }

    private static EnvelopeMemory envelope(SMTPSession session) {
        return ((RelaySession) session).envelope();
    }

    private static Object client(SMTPSession session) {
        return session.getRemoteAddress().getAddress();
    }

    // Without the record a header field could list this recipient later.
    private static Response noRoomAtAll() {
        SMTPResponse last = new SMTPResponse("421", "4.3.1 Insufficient system resources, try again later");
        last.setEndSession(true);
        return last;
    }

    private Response slowed(SMTPSession session, Response response) {
        if (response.getRetCode().charAt(0) != '5') {
            return response;
        }
        Duration delay = tarpit.refused(session);
        if (delay.isZero()) {
            return response;
        }
        delayed.incrementAndGet();
        return PendingReply.delayed(delay, response, delayed::decrementAndGet);
    }

    /** One RCPT command and its remaining hooks. For the session's thread. */
    private final class Recipient {

        private final SMTPSession session;
        private final String command;
        private final String parameters;
        private final Map<String, String> options;
        private final MailAddress address;
        private final Iterator<RcptHook> hooks = getHooks().iterator();

        Recipient(SMTPSession session, Request request) {
            this.session = session;
            this.command = request.getCommand();
            this.parameters = request.getArgument();
            this.options = session.getAttachment(ARGUMENT, State.Transaction)
                    .orElseThrow()
                    .parametersByName();
            this.address = recipient(session);
        }

        Response answer() {
            if (!hooks.hasNext()) {
                return told(accept());
            }
            RcptHook hook = hooks.next();
            long begin = System.nanoTime();
            if (hook instanceof AsynchronousRcptHook asynchronous) {
                CompletableFuture<Supplier<HookResult>> asked =
                        asynchronous.ask(session, address).toCompletableFuture();
                return asked.isDone()
                        ? goOn(resultHooks.after(
                                session, hook, begin, asked.join().get()))
                        : new PendingReply(
                                asked,
                                () -> goOn(resultHooks.after(
                                        session, hook, begin, asked.join().get())));
            }
            return goOn(resultHooks.after(session, hook, begin, ask(hook)));
        }

        private Response goOn(HookResult result) {
            Optional<Response> response = response(result);
            return response.isEmpty() ? answer() : told(response.get());
        }

        private Response told(Response response) {
            boolean accepted = response.getRetCode().equals(SMTPRetCode.MAIL_OK);
            return accepted ? response : slowed(session, noted(response));
        }

        private Response accept() {
            return envelope(session).tryAdd(client(session), address.asString())
                    ? doCoreCmd(session, command, parameters)
                    : NO_ROOM;
        }

        private Response noted(Response refusal) {
            return note(session, address.asString()) ? refusal : noRoomAtAll();
        }

        private HookResult ask(RcptHook hook) {
            return hook.doRcpt(
                    session,
                    session.getAttachment(SMTPSession.SENDER, State.Transaction).orElse(MaybeSender.nullSender()),
                    address,
                    options);
        }

        private Optional<Response> response(HookResult result) {
            if (result.getResult().getAction() == Action.OK) {
                Response accepted = accept();
                return Optional.of(result.getResult().isDisconnected() ? last(accepted) : accepted);
            }
            return Optional.ofNullable(calcDefaultSMTPResponse(result));
        }

        private static Response last(Response accepted) {
            SMTPResponse last = new SMTPResponse(
                    accepted.getRetCode(),
                    accepted.getLines()
                            .get(0)
                            .subSequence(4, accepted.getLines().get(0).length()));
            last.setEndSession(true);
            return last;
        }
    }
}
