package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.inject.Inject;

import com.google.common.base.Strings;
import io.relaypod.deliverability.DeliverabilityCheck;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.RefusedRecipients;
import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.server.settings.BareNewline;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.WiringException;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataCmdHandler;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.apache.james.protocols.smtp.hook.MessageHook;
import org.apache.james.server.core.MailImpl;
import org.apache.james.smtpserver.JamesMessageHook;

/**
 * James' DATA, with messages from {@link ReceivedMessages}: bounded in memory and on the disk. James keeps 100 KB of
 * each in memory. If both are full, DATA is refused before the client sends the message.
 *
 * <p>The DataLineFilters of smtpserver.xml see whole lines, and the end of a mail where it is. Thread-safe.
 */
@SuppressWarnings({"rawtypes", "unchecked"}) // as James declares its methods
public final class RelayDataCmdHandler extends DataCmdHandler {

    private static final Response READY =
            new SMTPResponse(SMTPRetCode.DATA_READY, "Ok Send data ending with <CRLF>.<CRLF>").immutable();
    private static final Response NO_ROOM = new SMTPResponse("452", "4.3.1 Insufficient system storage").immutable();

    /**
     * The reply to DATA if all recipients were refused. A client that pipelines sends DATA before it knows (RFC 2920
     * section 3.1).
     */
    static final Response NO_VALID_RECIPIENTS = new SMTPResponse("503", "5.5.1 No valid recipients").immutable();

    private static final Set<Class<?>> STAGES = Set.of(DataLineFilter.class, MessageHook.class, JamesMessageHook.class);

    private final ReceivedMessages messages;
    private final GraphRules rules;
    private final BareNewline bareNewline;
    private final FairShare longLines;
    private final MailEventPublisher events;
    private boolean callsForeignHooks;

    @Inject
    public RelayDataCmdHandler(
            MetricFactory metrics,
            ReceivedMessages messages,
            GraphRules rules,
            BareNewline bareNewline,
            MemoryBudget budget,
            MailEventPublisher events) {
        super(metrics);
        this.messages = messages;
        this.rules = rules;
        this.bareNewline = bareNewline;
        this.longLines = new FairShare(budget, MemoryUse.LONG_LINES);
        this.events = events;
    }

    @Override
    protected Response doDATA(SMTPSession session, String argument) {
        InetAddress client = session.getRemoteAddress().getAddress();
        Optional<ReceivedMessage> content = messages.begin(MailImpl.getId(), client);
        content.ifPresent(begun -> ((RelaySession) session)
                .receive(new IncomingMessage(
                        new MailDataDecoder(bareNewline, new LineBuffer(longLines, client)),
                        getLineHandler(),
                        callsForeignHooks,
                        new DeliverabilityCheck(
                                rules, session.getConfiguration().getHelloName()),
                        begun,
                        session.getConfiguration().getMaxMessageSize(),
                        events)));
        return content.isPresent() ? READY : NO_ROOM;
    }

    @Override
    protected Response doDATAFilter(SMTPSession session, String argument) {
        Response refusal = super.doDATAFilter(session, argument);
        boolean isOfRecipients = refusal != null
                && Strings.isNullOrEmpty(argument)
                && session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent();
        return isOfRecipients && !RefusedRecipients.of(session).addresses().isEmpty() ? NO_VALID_RECIPIENTS : refusal;
    }

    @Override
    public List<Class<?>> getMarkerInterfaces() {
        return List.copyOf(STAGES);
    }

    @Override
    public void wireExtensions(Class type, List extensions) throws WiringException {
        super.wireExtensions(type, extensions);
        for (Object extension : extensions) {
            callsForeignHooks = callsForeignHooks || !RelayHandlers.contains(extension);
        }
    }
}
