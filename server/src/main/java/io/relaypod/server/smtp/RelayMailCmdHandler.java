package io.relaypod.server.smtp;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.inject.Inject;

import io.relaypod.address.EnvelopeAddress;
import io.relaypod.mailets.EnvelopeMailAddress;
import io.relaypod.mailets.SmtpTransaction;
import io.relaypod.server.smtp.PathArgument.BadParameterException;
import io.relaypod.server.smtp.PathArgument.Parameter;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.MailParametersHook;
import org.apache.james.smtpserver.JamesMailCmdHandler;
import org.jspecify.annotations.Nullable;

/**
 * James' MAIL. It parses the command itself, and refuses a sender that the gateway would refuse and a parameter that is
 * not offered.
 *
 * <p>A second MAIL begins a new transaction, like RSET, while no recipient is accepted. Client libraries abandon a mail
 * when its recipients are refused, and not all send RSET before the next. After an accepted recipient the transaction
 * stays unchanged; James would drop the sender and keep the recipients. Thread-safe.
 */
public final class RelayMailCmdHandler extends JamesMailCmdHandler {

    private static final Response NESTED = new SMTPResponse("503", "5.5.1 Sender already specified").immutable();
    private static final Response NO_HELO = new SMTPResponse("503", "5.5.1 Need HELO or EHLO before MAIL").immutable();
    private static final Response USAGE = new SMTPResponse("501", "5.5.4 Syntax: MAIL FROM:<address>").immutable();
    private static final Response UNSENDABLE =
            new SMTPResponse("553", "5.1.7 Bad sender's mailbox address syntax").immutable();
    private static final Response NEEDS_SMTPUTF8 =
            new SMTPResponse("553", "5.6.7 Non-ASCII local parts are not supported (no SMTPUTF8)").immutable();

    private static final String BODY = "BODY";
    // RFC 6152; BINARYMIME would need CHUNKING
    private static final Set<String> BODIES = Set.of("7BIT", "8BITMIME");
    // RFC 3461 and RFC 4954 section 5: taken without effect, as Mailpit does
    private static final Set<String> WITHOUT_EFFECT = Set.of("RET", "ENVID", "AUTH");

    private final Map<String, MailParametersHook> parameterHooks = new HashMap<>();

    private final LoginRules logins;

    @Inject
    public RelayMailCmdHandler(MetricFactory metrics, DomainList domains, LoginRules logins) {
        super(metrics, domains);
        this.logins = logins;
    }

    @Override
    @SuppressWarnings("rawtypes") // as James declares it
    public void wireExtensions(Class type, List extensions) {
        super.wireExtensions(type, extensions);
        if (MailParametersHook.class.equals(type)) {
            for (Object extension : extensions) {
                MailParametersHook hook = (MailParametersHook) extension;
                for (String name : hook.getMailParamNames()) {
                    parameterHooks.put(name.toUpperCase(Locale.ROOT), hook);
                }
            }
        }
    }

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        if (session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent()) {
            if (session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction).isPresent()) {
                return NESTED;
            }
            session.resetState();
        }
        SmtpTransaction.begin(session);
        Response response = super.onCommand(session, request);
        if (!response.getRetCode().equals(SMTPRetCode.MAIL_OK)) {
            session.resetState(); // what the hooks of its parameters left
        }
        return logins.paced(session, response);
    }

    @Override
    protected @Nullable Response doFilterChecks(SMTPSession session, String command, String parameters) {
        boolean isGreeted = session.getAttachment(SMTPSession.CURRENT_HELO_MODE, State.Connection)
                .isPresent();
        if (!isGreeted && session.getConfiguration().useHeloEhloEnforcement()) {
            return NO_HELO;
        }
        if (parameters == null || !PathArgument.hasKeyword("FROM", parameters)) {
            return USAGE;
        }
        try {
            // James' way to say that nothing is wrong is null.
            return PathArgument.parse(parameters)
                    .map(argument -> refusal(session, argument))
                    .orElse(Optional.of(UNSENDABLE))
                    .orElse(null);
        } catch (BadParameterException bad) {
            return new SMTPResponse("501", "5.5.4 " + bad.getMessage());
        }
    }

    private Optional<Response> refusal(SMTPSession session, PathArgument argument) {
        if (EnvelopeAddress.needsSmtpUtf8(argument.path())) {
            return Optional.of(NEEDS_SMTPUTF8);
        }
        Optional<MaybeSender> sender = sender(argument.path());
        if (sender.isEmpty()) {
            return Optional.of(UNSENDABLE);
        }
        Optional<Response> refused = argument.parameters().stream()
                .flatMap(parameter -> refusal(session, parameter).stream())
                .findFirst();
        if (refused.isEmpty()) {
            session.setAttachment(SMTPSession.SENDER, sender.get(), State.Transaction);
        }
        return refused;
    }

    private static Optional<MaybeSender> sender(String path) {
        return path.isEmpty()
                ? Optional.of(MaybeSender.nullSender())
                : EnvelopeAddress.parse(path).map(EnvelopeMailAddress::of).map(MaybeSender::of);
    }

    private Optional<Response> refusal(SMTPSession session, Parameter parameter) {
        Optional<MailParametersHook> hook = Optional.ofNullable(parameterHooks.get(parameter.name()));
        if (hook.isPresent()) {
            return Optional.ofNullable(
                    calcDefaultSMTPResponse(hook.get().doMailParameter(session, parameter.name(), parameter.value())));
        }
        boolean isTaken = parameter.name().equals(BODY)
                ? BODIES.contains(parameter.value().toUpperCase(Locale.ROOT))
                : WITHOUT_EFFECT.contains(parameter.name());
        return isTaken ? Optional.empty() : Optional.of(parameter.unsupported());
    }
}
