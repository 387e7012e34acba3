package io.relaypod.server.smtp;

import javax.inject.Inject;

import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.esmtp.EhloCmdHandler;

/** James' EHLO with a {@link HelloReply}. Thread-safe. */
public final class RelayEhloCmdHandler extends EhloCmdHandler {

    @Inject
    public RelayEhloCmdHandler(MetricFactory metrics) {
        super(metrics);
    }

    @Override
    protected Response doCoreCmd(SMTPSession session, String command, String parameters) {
        return HelloReply.of(super.doCoreCmd(session, command, parameters));
    }
}
