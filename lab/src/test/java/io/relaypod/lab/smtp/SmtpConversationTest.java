package io.relaypod.lab.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SmtpConversationTest {

    private ServerSocket listener;
    private Socket accepted;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void stop() throws IOException {
        listener.close();
    }

    @Test
    void readsCodesAndEnhancedCodes() throws IOException {
        serve("220 hello\r\n550 5.1.2 no such domain\r\n354 go\r\n250 2.0 is no enhanced code\r\n");

        try (SmtpConversation smtp = connect()) {
            assertThat(smtp.banner().code()).isEqualTo(220);
            Reply refusal = smtp.send("RCPT TO:<x@y>");
            assertThat(refusal.code()).isEqualTo(550);
            assertThat(refusal.enhanced()).isEqualTo("5.1.2");
            assertThat(refusal.text()).isEqualTo("5.1.2 no such domain");
            assertThat(refusal.isPositive()).isFalse();
            assertThat(smtp.send("DATA").isPositive()).isTrue();
            assertThat(smtp.send("NOOP").enhanced()).isEmpty();
        }
    }

    @Test
    void readsAReplyOfSeveralLinesAsOne() throws IOException {
        serve("220-one\r\n220 two\r\n250-a\r\n250-SIZE 5\r\n250 b\r\n");

        try (SmtpConversation smtp = connect()) {
            assertThat(smtp.banner().lines()).containsExactly("220-one", "220 two");
            assertThat(smtp.send("EHLO c").lines()).containsExactly("250-a", "250-SIZE 5", "250 b");
        }
    }

    @Test
    void matchesPipelinedLinesWithTheirReplies() throws IOException {
        serve("220 hi\r\n250 1\r\n550-2\r\n550 2\r\n250 3\r\n");

        try (SmtpConversation smtp = connect()) {
            assertThat(smtp.pipeline("A", "B", "C")).extracting(Reply::code).containsExactly(250, 550, 250);
        }
    }

    @Test
    void keepsTheTranscript() throws IOException {
        serve("220 hi\r\n354 go\r\n250 taken\r\n");

        try (SmtpConversation smtp = connect()) {
            smtp.data("x\r\n".getBytes(StandardCharsets.US_ASCII));

            assertThat(smtp.transcript())
                    .containsExactly("< 220 hi", "> DATA", "< 354 go", "> (3 bytes of mail)", "> .", "< 250 taken");
        }
    }

    @Test
    void stuffsDotsAtTheStartOfLinesOnly() throws IOException {
        CompletableFuture<String> sent = serve("220 hi\r\n354 go\r\n250 taken\r\n");

        try (SmtpConversation smtp = connect()) {
            smtp.data(".a\r\n..b\r\nc.\n.d".getBytes(StandardCharsets.US_ASCII));
        }

        assertThat(sent.join()).isEqualTo("DATA\r\n..a\r\n...b\r\nc.\n.d\r\n.\r\n");
    }

    @Test
    void sendsNoMessageIfDataIsRefused() throws IOException {
        CompletableFuture<String> sent = serve("220 hi\r\n503 not now\r\n");

        try (SmtpConversation smtp = connect()) {
            assertThat(smtp.data(new byte[] {'x'}).code()).isEqualTo(503);
        }

        assertThat(sent.join()).isEqualTo("DATA\r\n");
    }

    @Test
    void sendsRawBytesUnchanged() throws IOException {
        CompletableFuture<String> sent = serve("220 hi\r\n");

        try (SmtpConversation smtp = connect()) {
            smtp.sendRaw(new byte[] {'N', 0, '\n', (byte) 0xFF});
        }

        assertThat(sent.join()).isEqualTo("N\0\n\u00ff");
    }

    @Test
    void distinguishesAClosedConnectionFromASilentServer() throws IOException {
        try (SmtpConversation silent = openWithBanner()) {
            assertThatThrownBy(() -> silent.send("NOOP")).isInstanceOf(SocketTimeoutException.class);
            accepted.close();
            assertThatThrownBy(silent::readReply).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void failsIfNoServerListens() throws IOException {
        InetSocketAddress nobody = address();
        listener.close();

        assertThatThrownBy(() -> SmtpConversation.connect(nobody)).isInstanceOf(IOException.class);
    }

    private SmtpConversation openWithBanner() throws IOException {
        CompletableFuture<Void> banner = CompletableFuture.runAsync(() -> {
            try {
                accepted = listener.accept();
                accepted.getOutputStream().write("220 hi\r\n".getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        SmtpConversation smtp = SmtpConversation.connect(address(), Duration.ofMillis(500));
        banner.join();
        return smtp;
    }

    /** Sends all replies at once to one client. Returns the bytes that the client sends until it closes. */
    private CompletableFuture<String> serve(String replies) {
        return CompletableFuture.supplyAsync(() -> {
            try (Socket client = listener.accept()) {
                client.getOutputStream().write(replies.getBytes(StandardCharsets.US_ASCII));
                ByteArrayOutputStream sent = new ByteArrayOutputStream();
                client.getInputStream().transferTo(sent);
                return sent.toString(StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private SmtpConversation connect() throws IOException {
        return SmtpConversation.connect(address());
    }

    private InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }
}
