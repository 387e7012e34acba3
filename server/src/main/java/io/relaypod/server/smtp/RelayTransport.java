package io.relaypod.server.smtp;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.api.handler.LineHandler;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.NettyProtocolTransport;

/**
 * A connection whose replies are sent together: those to the commands that a client pipelined cost one system call,
 * where James makes one of each. {@link RelayChannelHandler} flushes.
 */
final class RelayTransport extends NettyProtocolTransport {

    private final Channel channel;
    private final LineHandlers lineHandlers;

    /** Those that take the client's lines in place of the commands, the last one first. */
    interface LineHandlers {

        void push(LineHandler<? extends ProtocolSession> handler);

        void pop();
    }

    RelayTransport(Channel channel, Encryption encryption, boolean proxyRequired, LineHandlers lineHandlers) {
        super(channel, encryption, proxyRequired);
        this.channel = channel;
        this.lineHandlers = lineHandlers;
    }

    @Override
    protected void writeToClient(byte[] bytes, ProtocolSession session, boolean startTls) {
        if (startTls) {
            super.writeToClient(bytes, session, true);
        } else {
            channel.write(Unpooled.wrappedBuffer(bytes), channel.voidPromise());
        }
    }

    // James' asks the pipeline, which a connection that is closed does not have any more.
    @Override
    public void pushLineHandler(LineHandler<? extends ProtocolSession> handler, ProtocolSession session) {
        lineHandlers.push(handler);
    }

    @Override
    public void popLineHandler() {
        lineHandlers.pop();
    }
}
