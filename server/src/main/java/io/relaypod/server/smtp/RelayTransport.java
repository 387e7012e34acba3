package io.relaypod.server.smtp;

import org.apache.james.protocols.api.ProtocolSession;
import org.apache.james.protocols.netty.Encryption;
import org.apache.james.protocols.netty.NettyProtocolTransport;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;

/**
 * A connection whose replies are sent together: those to the commands that a client pipelined cost one system call, where James makes one
 * of each. {@link RelayChannelHandler} flushes.
 */
final class RelayTransport extends NettyProtocolTransport {

    private final Channel channel;

    RelayTransport(Channel channel, Encryption encryption, boolean proxyRequired) {
        super(channel, encryption, proxyRequired);
        this.channel = channel;
    }

    @Override
    protected void writeToClient(byte[] bytes, ProtocolSession session, boolean startTls) {
        if (startTls) {
            super.writeToClient(bytes, session, true);
        } else {
            channel.write(Unpooled.wrappedBuffer(bytes), channel.voidPromise());
        }
    }
}
