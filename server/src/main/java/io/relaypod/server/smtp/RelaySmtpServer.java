package io.relaypod.server.smtp;

import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SmtpMetrics;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.relaypod.domain.RecipientRule;
import io.relaypod.server.settings.ClientLimits;

/** James' SMTP server with {@link RelaySession}s and {@link RelayChannelHandler}s. */
@SuppressWarnings("unchecked") // James overrides createPipelineFactory() with a raw type
final class RelaySmtpServer extends SMTPServer {

    private final SmtpMetrics metrics;
    private final RecipientRule rule;
    private final ClientLimits limits;
    private final OpenConnections openConnections;
    private final SMTPConfiguration configuration = new SMTPHandlerConfigurationDataImpl();

    RelaySmtpServer(SmtpMetrics metrics, RecipientRule rule, ClientLimits limits) {
        super(metrics);
        this.metrics = metrics;
        this.rule = rule;
        this.limits = limits;
        this.openConnections = new OpenConnections(limits);
    }

    @Override
    protected ChannelInboundHandlerAdapter createCoreHandler() {
        SMTPProtocol protocol = new SMTPProtocol(getProtocolHandlerChain(), configuration) {
            @Override
            public ProtocolSession newSession(ProtocolTransport transport) {
                return new RelaySession(configuration, transport);
            }
        };
        return new RelayChannelHandler(protocol, getEncryption(), proxyRequired, metrics, rule, limits, openConnections);
    }

    @Override
    protected void registerMBean() {
        // no JMX in a relay
    }

    @Override
    protected void unregisterMBean() {
        // no JMX in a relay
    }
}
