package io.relaypod.server.smtp;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import javax.net.ssl.SSLException;

import org.apache.james.protocols.netty.BasicChannelInboundHandler;
import org.apache.james.smtpserver.ExtendedSMTPSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;

/**
 * Cuts what a client sends behind each LF, and a longer line into pieces of at most {@value #MAX_PIECE} bytes, never between CR and LF.
 * So a piece without LF is part of a long line: {@link RelayCommands} refuses it, {@link MailLines} puts it together again. What a
 * client can make us hold is one piece.
 *
 * <p>Nothing may follow STARTTLS in plain text (RFC 3207 section 4.2): who sends more is cut off, so that no command that somebody
 * put into the plain connection is taken for one of the encrypted session. James looks for this too, but no more once the client has
 * said DATA, and calls it an error of its own.
 *
 * <p>Runs on the channel's own thread, as the handler behind it, so that the state of the session is that of the line in hand.
 */
final class SmtpLineDecoder extends ByteToMessageDecoder {

    // RFC 5321 4.5.3.1.4 asks for 512 bytes of command and some for each extension; Postfix takes 2048.
    static final int MAX_PIECE = 2048;

    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpLineDecoder.class);

    private static final String STARTTLS = "STARTTLS";
    private static final String PLAIN_TEXT_BEHIND_STARTTLS = "421 4.7.0 Nothing may follow STARTTLS before TLS has started\r\n";

    private boolean tlsExpected;
    private boolean cutOff;

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (cutOff) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (tlsExpected && !isEncrypted(context)) {
            cutOff(context, in);
            return;
        }
        tlsExpected = false;
        int length = pieceLength(in);
        if (length == 0) {
            return;
        }
        if (isStartTls(context, in, length)) {
            if (in.readableBytes() > length) {
                cutOff(context, in);
                return;
            }
            tlsExpected = true;
        }
        out.add(in.readRetainedSlice(length));
    }

    /** @return 0 when there is no whole piece yet */
    private static int pieceLength(ByteBuf in) {
        int start = in.readerIndex();
        int available = Math.min(in.readableBytes(), MAX_PIECE);
        int lf = in.indexOf(start, start + available, (byte) '\n');
        if (lf >= 0) {
            return lf + 1 - start;
        }
        if (available < MAX_PIECE) {
            return 0;
        }
        return in.getByte(start + MAX_PIECE - 1) == '\r' ? MAX_PIECE - 1 : MAX_PIECE;
    }

    private static boolean isStartTls(ChannelHandlerContext context, ByteBuf in, int length) {
        return context.channel().attr(BasicChannelInboundHandler.SESSION_ATTRIBUTE_KEY).get() instanceof ExtendedSMTPSession session
            && session.isStartTLSSupported() && !session.isTLSStarted() && !isInData(session)
            && in.toString(in.readerIndex(), length, StandardCharsets.US_ASCII).strip().equalsIgnoreCase(STARTTLS);
    }

    // James makes it at DATA, and its session drops it at the end.
    private static boolean isInData(ExtendedSMTPSession session) {
        return session.getMimeMessageWriter() != null;
    }

    private static boolean isEncrypted(ChannelHandlerContext context) {
        return context.pipeline().get(SslHandler.class) != null;
    }

    private void cutOff(ChannelHandlerContext context, ByteBuf in) {
        LOGGER.info("event=starttls-injection client={}", context.channel().remoteAddress());
        cutOff = true;
        in.skipBytes(in.readableBytes());
        context.writeAndFlush(Unpooled.copiedBuffer(PLAIN_TEXT_BEHIND_STARTTLS, StandardCharsets.US_ASCII))
            .addListener(ChannelFutureListener.CLOSE);
    }

    /** A client that breaks its connection, or speaks no TLS where it should, is no error of ours; James would log each as one. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        if (cause instanceof IOException || cause instanceof DecoderException && cause.getCause() instanceof SSLException) {
            LOGGER.info("event=broken-connection client={} reason=\"{}\"", context.channel().remoteAddress(), cause.getMessage());
            context.close();
        } else {
            super.exceptionCaught(context, cause);
        }
    }
}
