package io.relaypod.server.smtp;

import java.util.List;
import java.util.Optional;

import javax.inject.Inject;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.DataLineFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.relaypod.gateway.MaskedAddresses;
import io.relaypod.graph.GraphRules;
import io.relaypod.graph.MailReview;
import io.relaypod.graph.Refusal;

/**
 * Refuses at the end of data what Mailpit or smtp2graph would refuse for ever, or keep and never send; docs/graph.md lists it. Thread-safe.
 */
public final class GraphCheck implements DataLineFilter {

    private static final Logger LOGGER = LoggerFactory.getLogger(GraphCheck.class);
    private static final AttachmentKey<MailReview> REVIEW = AttachmentKey.of("relaypod.mailReview", MailReview.class);

    private final GraphRules rules;
    private final MetricFactory metrics;

    @Inject
    public GraphCheck(GraphRules rules, MetricFactory metrics) {
        this.rules = rules;
        this.metrics = metrics;
    }

    @Override
    public Response onLine(SMTPSession session, byte[] line, LineHandler<SMTPSession> next) {
        MailReview review = session.getAttachment(REVIEW, State.Transaction).orElseGet(() -> begin(session));
        if (!MessageSizeLimit.isEndOfData(line)) {
            review.line(MessageSizeLimit.unstuffed(line));
            return next.onLine(session, line);
        }
        Optional<Refusal> refusal = review.verdict(sender(session), recipients(session));
        return refusal.isPresent() ? refuse(session, refusal.get()) : next.onLine(session, line);
    }

    private MailReview begin(SMTPSession session) {
        MailReview review = new MailReview(rules);
        session.setAttachment(REVIEW, review, State.Transaction);
        return review;
    }

    private static String sender(SMTPSession session) {
        return session.getAttachment(SMTPSession.SENDER, State.Transaction).orElse(MaybeSender.nullSender()).asString("");
    }

    private static List<String> recipients(SMTPSession session) {
        return session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction).orElse(List.of()).stream().map(MailAddress::asString).toList();
    }

    private Response refuse(SMTPSession session, Refusal refusal) {
        metrics.generate("data_refused").increment();
        LOGGER.info("event=data-refused session={} client={} code={} reason=\"{}\"", session.getSessionID(),
            session.getRemoteAddress().getAddress().getHostAddress(), refusal.code(), MaskedAddresses.in(refusal.text()));
        session.popLineHandler();
        session.resetState();
        return new SMTPResponse(Integer.toString(refusal.code()), refusal.text());
    }
}
