package io.relaypod.lab.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.server.monitoring.Html;

/** A page with the last messages that Graph would deliver, at a port of 127.0.0.1. Thread-safe. */
final class MailViewer implements AutoCloseable {

    private static final int MAX_MAILS = 100;
    private static final String PAGE = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="refresh" content="5"><title>Messages at Graph</title>
        <style>:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; } body { margin: 1.5rem auto; padding: 0 1rem; max-width: 60rem; }
        td, th { text-align: left; padding: .3rem 1rem .3rem 0; vertical-align: top; overflow-wrap: anywhere; }</style>
        <h1>Messages at Graph</h1>%s
        """;

    private final HttpServer server;
    private final Deque<NumberedMail> mails = new ArrayDeque<>();
    private int count;

    private record NumberedMail(int number, GraphMail mail) {}

    private MailViewer(HttpServer server) {
        this.server = server;
    }

    /** Starts at a free port. */
    static MailViewer start() throws IOException {
        MailViewer viewer =
                new MailViewer(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        viewer.server.createContext("/", viewer::serve);
        viewer.server.start();
        return viewer;
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    synchronized void add(GraphMail mail) {
        mails.addFirst(new NumberedMail(++count, mail));
        if (mails.size() > MAX_MAILS) {
            mails.removeLast();
        }
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        Optional<String> text = path.equals("/") ? Optional.of(list()) : mail(path.substring(1));
        byte[] body = text.orElse("no such message\n")
                // The text of a message has a character for each byte.
                .getBytes(path.equals("/") ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        exchange.getResponseHeaders()
                .set("Content-Type", (path.equals("/") ? "text/html" : "text/plain") + "; charset=utf-8");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        exchange.sendResponseHeaders(text.isPresent() ? 200 : 404, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private synchronized String list() {
        StringBuilder rows = new StringBuilder();
        mails.forEach(each -> rows.append("<tr><td><a href=\"")
                .append(each.number())
                .append("\">")
                .append(Html.text(
                        each.mail().subject().isBlank()
                                ? "(no subject)"
                                : each.mail().subject()))
                .append("</a><td>")
                .append(Html.text(each.mail().mailbox()))
                .append("<td>")
                .append(Html.text(String.join(", ", each.mail().deliveredTo()))));
        return PAGE.formatted(
                rows.isEmpty()
                        ? "<p>None yet.</p>"
                        : "<table><tr><th>Subject<th>From<th>Delivered to" + rows + "</table>");
    }

    private synchronized Optional<String> mail(String number) {
        return mails.stream()
                .filter(each -> Integer.toString(each.number()).equals(number))
                .findFirst()
                .map(each -> each.mail().text());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
