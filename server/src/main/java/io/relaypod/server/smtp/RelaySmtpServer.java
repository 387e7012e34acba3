package io.relaypod.server.smtp;

import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.ProtocolTransport;
import org.apache.james.protocols.netty.AbstractChannelPipelineFactory;
import org.apache.james.protocols.netty.ChannelHandlerFactory;
import org.apache.james.protocols.netty.LineDelimiterBasedChannelHandlerFactory;
import org.apache.james.protocols.smtp.SMTPConfiguration;
import org.apache.james.protocols.smtp.SMTPProtocol;
import org.apache.james.smtpserver.netty.SMTPServer;
import org.apache.james.smtpserver.netty.SmtpMetrics;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.EventExecutorGroup;
import io.relaypod.domain.RecipientRule;
import io.relaypod.server.settings.ClientLimits;

/** James' SMTP server with {@link RelaySession}s and {@link RelayChannelHandler}s, each connection on one thread. */
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

    /** Without TLS there is no STARTTLS to guard, for which James reads all that has arrived again at every line. */
    @Override
    protected ChannelHandlerFactory createFrameHandlerFactory() {
        return getEncryption() == null ? new LineDelimiterBasedChannelHandlerFactory(AbstractChannelPipelineFactory.MAX_LINE_LENGTH)
            : super.createFrameHandlerFactory();
    }

    /** Lines are cut on the channel's own thread, for which null is Netty's word: a pool of their own costs two thread switches a line. */
    @Override
    protected EventExecutorGroup getExecutorGroup() {
        return null;
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
