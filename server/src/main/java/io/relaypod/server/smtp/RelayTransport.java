package io.relaypod.server.smtp;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.relaypod.server.smtp.OpenConnections.OpenConnection;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.NettyProtocolTransport;

/**
 * The connection under a session. Replies to pipelined commands are sent together, as the caller flushes: they cost one
 * system call, where James makes one of each.
 */
final class RelayTransport extends NettyProtocolTransport {

    private final Channel channel;
    private final LineHandlerStack lineHandlers;
    private final ClientInput input;
    private final OpenConnection connection;

    RelayTransport(
            Channel channel,
            Encryption encryption,
            boolean proxyRequired,
            LineHandlerStack lineHandlers,
            ClientInput input,
            OpenConnection connection) {
        super(channel, encryption, proxyRequired);
        this.channel = channel;
        this.lineHandlers = lineHandlers;
        this.input = input;
        this.connection = connection;
    }

    /** Whether the client has sent more than the line that is being answered. */
    boolean hasUnreadInput() {
        return input.size() > 0;
    }

    /** Whether the memory budget allows TLS; then it is reserved. */
    boolean tryEncrypt() {
        return connection.tryEncrypt();
    }

    // The void promise passes a failure to the pipeline.
    @SuppressWarnings("FutureReturnValueIgnored")
    @Override
    protected void writeToClient(byte[] bytes, ProtocolSession session, boolean startTls) {
        if (startTls) {
            super.writeToClient(bytes, session, true);
        } else {
            channel.write(Unpooled.wrappedBuffer(bytes), channel.voidPromise());
        }
    }

    // James' asks the pipeline, which a closed connection does not have any more.
    @Override
    public void pushLineHandler(LineHandler<? extends ProtocolSession> handler, ProtocolSession session) {
        lineHandlers.push(handler);
    }

    @Override
    public void popLineHandler() {
        lineHandlers.pop();
    }
}
