package io.relaypod.server.smtp;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.inject.Inject;

import com.google.common.base.Strings;
import io.relaypod.mailets.RefusedRecipients;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.WiringException;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataCmdHandler;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.apache.james.server.core.MailImpl;

/**
 * James' DATA, whose mails are {@link ReceivedMessages}: bounded in memory and on the disk, where James keeps 100 KB of
 * each in memory. When there is no room a mail is refused before it is sent.
 *
 * <p>{@link EndOfDataFilter} comes before the DataLineFilters of smtpserver.xml: those see whole lines, and the end of
 * a mail where it is. Thread-safe.
 */
@SuppressWarnings({"rawtypes", "unchecked"}) // as James declares its methods
public final class RelayDataCmdHandler extends DataCmdHandler {

    private static final Response READY =
            new SMTPResponse(SMTPRetCode.DATA_READY, "Ok Send data ending with <CRLF>.<CRLF>").immutable();
    private static final Response NO_ROOM = new SMTPResponse("452", "4.3.1 Insufficient system storage").immutable();

    /**
     * What is said to DATA when every recipient was refused: who pipelines sends it before that is known (RFC 2920
     * section 3.1).
     */
    static final Response NO_VALID_RECIPIENTS = new SMTPResponse("503", "5.5.1 No valid recipients").immutable();

    private final ReceivedMessages messages;

    @Inject
    public RelayDataCmdHandler(MetricFactory metrics, ReceivedMessages messages) {
        super(metrics);
        this.messages = messages;
    }

    @Override
    protected Response doDATA(SMTPSession session, String argument) {
        Optional<ReceivedMessage> message =
                messages.begin(MailImpl.getId(), session.getRemoteAddress().getAddress());
        message.ifPresent(begun -> {
            ((RelaySession) session).receive(begun);
            session.pushLineHandler(getLineHandler());
        });
        return message.isPresent() ? READY : NO_ROOM;
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
    public void wireExtensions(Class type, List extensions) throws WiringException {
        super.wireExtensions(type, DataLineFilter.class.equals(type) ? mailLinesFirst(extensions) : extensions);
    }

    private static List<?> mailLinesFirst(List<?> filters) {
        return Stream.concat(
                        filters.stream().filter(EndOfDataFilter.class::isInstance),
                        filters.stream().filter(filter -> !(filter instanceof EndOfDataFilter)))
                .toList();
    }
}
