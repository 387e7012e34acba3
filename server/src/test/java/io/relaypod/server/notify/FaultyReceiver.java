package io.relaypod.server.notify;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;

/** An HTTP server of plain sockets that reads each request whole and answers it with the fault of the moment. */
final class FaultyReceiver implements AutoCloseable {

    private static final int LONGEST_TEST_SECONDS = 60;

    private final ServerSocket server;
    private final String scheme;
    private final List<ReceivedRequest> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Answer answer = out -> ok(out);

    /** Writes an answer, or does something else with the connection. */
    interface Answer {

        void write(OutputStream out) throws IOException, InterruptedException;
    }

    /** A request with header names in lower case. */
    record ReceivedRequest(String line, Map<String, String> headers, String body) {}

    FaultyReceiver() throws IOException {
        this(ServerSocketFactory.getDefault(), "http");
    }

    FaultyReceiver(ServerSocketFactory sockets, String scheme) throws IOException {
        this.server = sockets.createServerSocket(0, 10, InetAddress.getLoopbackAddress());
        this.scheme = scheme;
        Thread accepting = new Thread(this::accept, "receiver");
        accepting.setDaemon(true);
        accepting.start();
    }

    static void ok(OutputStream out) throws IOException {
        write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }

    static Answer status(String statusAndHeaders) {
        return out -> write(out, "HTTP/1.1 " + statusAndHeaders + "\r\nContent-Length: 0\r\n\r\n");
    }

    Answer silence() {
        return out -> closed.await(LONGEST_TEST_SECONDS, TimeUnit.SECONDS);
    }

    /** A byte of the body each 50 ms, for longer than a test. */
    Answer drip() {
        return out -> {
            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while (!closed.await(50, TimeUnit.MILLISECONDS)) {
                write(out, "x");
            }
        };
    }

    static Answer flood() {
        return out -> {
            write(out, "HTTP/1.1 500 Broken\r\nContent-Length: 1000000000\r\n\r\n");
            byte[] page = new byte[1 << 16];
            for (int i = 0; i < 15_000; i++) {
                out.write(page);
            }
        };
    }

    static Answer hangUp() {
        return out -> out.close();
    }

    static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    void answer(Answer next) {
        answer = next;
    }

    List<ReceivedRequest> requests() {
        return requests;
    }

    URI url(String path) {
        return URI.create(scheme + "://localhost:" + server.getLocalPort() + path);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread serving = new Thread(() -> serve(client), "receiver-connection");
                serving.setDaemon(true);
                serving.start();
            } catch (IOException over) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            requests.add(read(client.getInputStream()));
            answer.write(client.getOutputStream());
        } catch (IOException gone) {
            // the client closed the connection
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private static ReceivedRequest read(InputStream in) throws IOException {
        String line = line(in);
        Map<String, String> headers = new LinkedHashMap<>();
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            int colon = header.indexOf(':');
            headers.put(
                    header.substring(0, colon).toLowerCase(Locale.ROOT),
                    header.substring(colon + 1).strip());
        }
        byte[] body = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
        return new ReceivedRequest(line, headers, new String(body, StandardCharsets.UTF_8));
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("closed");
            }
            line.write(next);
        }
        return line.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            server.close();
        } catch (IOException stuck) {
            throw new UncheckedIOException(stuck);
        }
    }
}
