package io.relaypod.server.smtp;

import javax.inject.Inject;

import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.HeloCmdHandler;

/** James' HELO with a {@link HelloReply}. Thread-safe. */
public final class RelayHeloCmdHandler extends HeloCmdHandler {

    @Inject
    public RelayHeloCmdHandler(MetricFactory metrics) {
        super(metrics);
    }

    @Override
    protected Response doCoreCmd(SMTPSession session, String command, String parameters) {
        return HelloReply.of(super.doCoreCmd(session, command, parameters));
    }
}
