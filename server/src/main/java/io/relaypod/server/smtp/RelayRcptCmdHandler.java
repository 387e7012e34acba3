package io.relaypod.server.smtp;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

import javax.inject.Inject;

import org.apache.james.domainlist.api.DomainList;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.RcptHook;
import org.apache.james.smtpserver.JamesRcptCmdHandler;

import com.google.common.base.Splitter;

import io.relaypod.domain.RecipientAnswer;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEvents;
import io.relaypod.mailets.Clients;
import io.relaypod.mailets.RefusedRecipients;

/**
 * James' RCPT, which refuses a recipient that could not be sent on, keeps in mind whoever was refused, by it or by a hook, and shows its
 * hooks the options alone. James shows them the words of the whole command, and fails on one that comes twice, as blanks do.
 */
public final class RelayRcptCmdHandler extends JamesRcptCmdHandler {

    private static final Response UNSENDABLE = new SMTPResponse(Integer.toString(RecipientAnswer.BAD_ADDRESS.code()),
        RecipientAnswer.BAD_ADDRESS.text()).immutable();
    private static final Response OPTION_TWICE = new SMTPResponse("501", "5.5.4 An option is given twice").immutable();

    private static final Splitter OPTIONS = Splitter.on(' ').omitEmptyStrings();

    private final MailEvents events;

    @Inject
    public RelayRcptCmdHandler(MetricFactory metrics, DomainList domains, MailEvents events) {
        super(metrics, domains);
        this.events = events;
    }

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        Response response = super.onCommand(session, request);
        boolean refused = !response.getRetCode().equals(SMTPRetCode.MAIL_OK);
        if (refused && session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent()) {
            Optional.ofNullable(request.getArgument()).flatMap(RcptLine::path)
                .ifPresent(recipient -> RefusedRecipients.note(session, recipient));
        }
        return response;
    }

    @Override
    protected Response doFilterChecks(SMTPSession session, String command, String parameters) {
        // James' way to say that nothing is wrong is null.
        return Optional.ofNullable(super.doFilterChecks(session, command, parameters)).or(() -> refusal(session, parameters)).orElse(null);
    }

    private Optional<Response> refusal(SMTPSession session, String parameters) {
        if (hasOptionTwice(parameters)) {
            return Optional.of(OPTION_TWICE);
        }
        return session.getAttachment(CURRENT_RECIPIENT, State.Transaction)
            .filter(recipient -> !SendableAddress.is(recipient))
            .map(unsendable -> {
                events.tell(new RecipientRefused(Clients.of(session), Clients.sender(session), unsendable.asString(), RecipientAnswer.BAD_ADDRESS));
                return UNSENDABLE;
            });
    }

    @Override
    protected HookResult callHook(RcptHook hook, SMTPSession session, String parameters) {
        return super.callHook(hook, session, String.join(" ", options(parameters)));
    }

    private static boolean hasOptionTwice(String parameters) {
        Set<String> names = new HashSet<>();
        return !options(parameters).stream()
            .map(option -> option.replaceFirst("=.*", "").toUpperCase(Locale.ROOT))
            .allMatch(names::add);
    }

    private static List<String> options(String parameters) {
        return OPTIONS.splitToList(parameters.substring(parameters.lastIndexOf('>') + 1));
    }
}
