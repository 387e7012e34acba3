package io.relaypod.lab.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.relaypod.lab.smtp.LineReader;

/**
 * One client's session with the stand-in, with the replies of a release of Mailpit (its internal/smtpd/smtpd.go). For
 * one thread.
 */
final class MailpitSession {

    /** What a session needs from its server. */
    interface Server {

        /** The pending fault of the phase. */
        Optional<Fault> fault(Phase phase);

        /** The reply to this recipient in place of 250. */
        Optional<String> refusal(String recipient);

        /** Relays and stores the message. Returns the reply. */
        String accept(String sender, List<String> recipients, byte[] received);

        /** Waits for the time of the fault, or until the server stops. */
        void pause(Fault.Silence silence) throws InterruptedException;
    }

    /** Thrown to drop the connection. */
    private static final class Dropped extends IOException {

        Dropped() {
            super("dropped on purpose");
        }
    }

    static final String HOSTNAME = "mailpit-stand-in";

    private static final int MAX_RECIPIENTS = 100;
    private static final String NO_SENDER =
            "501 5.5.4 Syntax error in parameters or arguments (invalid FROM parameter)";
    private static final String NO_RECIPIENT =
            "501 5.5.4 Syntax error in parameters or arguments (invalid TO parameter)";
    private static final int TIMEOUT_MILLIS = 5 * 60 * 1000;
    private static final Pattern FROM = Pattern.compile("(?i)FROM: ?<(|[^<>\\x0B]+)>(?: |$)(.*)");
    private static final Pattern TO = Pattern.compile("(?i)TO: ?<([^<>\\x0B]+)>(?: |$)(.*)");
    private static final Pattern SIZE = Pattern.compile("(?i)(?:^| |,)SIZE=(.*?)(?:$|,| )");
    private static final Pattern ADDRESS = Pattern.compile("(?!.*\\.\\.|\\.|.*\\.@|.*@\\.|.*\\.$)"
            + "(?:[^\\s@()<>\\[\\]:;,\\\\\"]+|\"(?:[^\"\\\\]|\\\\.)*\")"
            + "@(?:[^\\s@()<>\\[\\]:;,\\\\\"]+|\\[[^\\s\\[\\]\\\\]*])");
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, d MMM yyyy HH:mm:ss Z (zzz)", Locale.ENGLISH);
    private static final byte[] END_OF_DATA = {'.', '\r', '\n'};

    private final Socket socket;
    private final Server server;
    private final MailpitRelease release;
    private final LineReader in;
    private final OutputStream out;

    private Optional<String> helo = Optional.empty();
    private Optional<String> sender = Optional.empty();
    private List<String> recipients = new ArrayList<>();

    MailpitSession(Socket socket, MailpitRelease release, Server server) throws IOException {
        this.socket = socket;
        this.release = release;
        this.server = server;
        this.in = new LineReader(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    void run() throws IOException {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        reply(Phase.CONNECT, "220 " + HOSTNAME + " Mailpit ESMTP Service ready");
        boolean open = true;
        while (open) {
            byte[] line = in.readLine();
            if (line.length == 0) {
                return;
            }
            if (line.length > release.maxCommand()) {
                reply("500 5.5.2 Line too long");
            } else {
                open = execute(new String(line, StandardCharsets.UTF_8).strip());
            }
        }
    }

    private boolean execute(String line) throws IOException {
        int blank = line.indexOf(' ');
        String verb = (blank < 0 ? line : line.substring(0, blank)).toUpperCase(Locale.ROOT);
        String arguments = blank < 0 ? "" : line.substring(blank + 1).strip();
        switch (verb) {
            case "HELO" -> hello(arguments, "250 " + HOSTNAME + " greets " + arguments);
            case "EHLO" -> hello(arguments, "250-" + HOSTNAME + " greets " + arguments + "\r\n" + extensions());
            case "MAIL" -> mail(arguments);
            case "RCPT" -> rcpt(arguments);
            case "DATA" -> data();
            case "RSET" -> {
                reset();
                reply("250 2.0.0 Ok");
            }
            case "NOOP", "XCLIENT" -> reply("250 2.0.0 Ok");
            case "HELP", "VRFY", "EXPN", "AUTH" -> reply("502 5.5.1 Command not implemented");
            case "STARTTLS" ->
                reply(
                        arguments.isEmpty()
                                ? "502 5.5.1 Command not implemented"
                                : "501 5.5.2 Syntax error (no parameters allowed)");
            case "QUIT" -> {
                reply("221 2.0.0 " + HOSTNAME + " Mailpit ESMTP Service closing transmission channel");
                return false;
            }
            default -> reply("500 5.5.2 Syntax error, command unrecognized");
        }
        return true;
    }

    private void hello(String name, String answer) throws IOException {
        if (!failed(Phase.HELO)) {
            helo = Optional.of(name);
            reset();
            reply(answer);
        }
    }

    private void mail(String arguments) throws IOException {
        if (failed(Phase.MAIL)) {
            return;
        }
        Optional<String> sequenceError = release.sequenceError(helo.isPresent(), !recipients.isEmpty());
        if (sequenceError.isPresent()) {
            reply(sequenceError.get());
            return;
        }
        recipients = new ArrayList<>();
        Matcher from = FROM.matcher(arguments);
        Optional<String> error = from.find()
                ? Optional.of(from.group(1))
                        .filter(address -> !address.isEmpty())
                        .flatMap(address -> addressError(NO_SENDER, address))
                        .or(() -> sizeError(SIZE.matcher(from.group(2))))
                : Optional.of(NO_SENDER);
        if (error.isEmpty()) {
            sender = Optional.of(from.group(1));
        }
        reply(error.orElse("250 2.1.0 Ok"));
    }

    private Optional<String> sizeError(Matcher size) {
        if (!size.find()) {
            return Optional.empty();
        }
        if (!size.group(1).matches("[+-]?\\d{1,18}")) {
            return Optional.of("501 5.5.4 Syntax error in parameters or arguments (invalid SIZE parameter)");
        }
        return Long.parseLong(size.group(1)) > release.maxSize()
                ? Optional.of("552 5.3.4 Requested mail action aborted: exceeded storage allocation ("
                        + release.maxSize() + ")")
                : Optional.empty();
    }

    private void rcpt(String arguments) throws IOException {
        if (failed(Phase.RCPT)) {
            return;
        }
        if (sender.isEmpty()) {
            reply("503 5.5.1 Bad sequence of commands (MAIL required before RCPT)");
            return;
        }
        Matcher to = TO.matcher(arguments);
        Optional<String> error = to.find() ? addressError(NO_RECIPIENT, to.group(1)) : Optional.of(NO_RECIPIENT);
        if (error.isPresent()) {
            reply(error.get());
        } else if (recipients.size() >= MAX_RECIPIENTS) {
            reply("452 4.5.3 Too many recipients");
        } else {
            Optional<String> refusal = server.refusal(to.group(1));
            if (refusal.isEmpty()) {
                recipients.add(to.group(1));
            }
            reply(refusal.orElse("250 2.1.5 Ok"));
        }
    }

    private void data() throws IOException {
        if (failed(Phase.DATA)) {
            return;
        }
        if (sender.isEmpty() || recipients.isEmpty()) {
            reply("503 5.5.1 Bad sequence of commands (MAIL & RCPT required before DATA)");
            return;
        }
        reply("354 Start mail input; end with <CR><LF>.<CR><LF>");
        Optional<Fault> fault = server.fault(Phase.CONTENT);
        if (fault.isPresent()
                && !(fault.get() instanceof Fault.ReplyLine || fault.get() instanceof Fault.AcceptAndClose)) {
            in.readLine();
            commit(fault.get());
        }
        byte[] received = content();
        if (fault.isPresent() && fault.get() instanceof Fault.ReplyLine) {
            commit(fault.get());
            return;
        }
        String answer = server.accept(sender.orElseThrow(), recipients, received);
        if (fault.isPresent()) {
            commit(fault.get());
        }
        // After a failure Mailpit keeps the envelope, and accepts another DATA for it.
        if (answer.startsWith("2")) {
            reset();
        }
        reply(answer);
    }

    /** The message without dot-stuffing, behind a Received field. Any line with only a dot and CRLF ends it. */
    private byte[] content() throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(receivedHeader().getBytes(StandardCharsets.UTF_8));
        while (true) {
            byte[] line = in.readLine();
            if (line.length == 0 || line[line.length - 1] != '\n') {
                throw new Dropped();
            }
            if (Arrays.equals(line, END_OF_DATA)) {
                return content.toByteArray();
            }
            int stuffing = line[0] == '.' ? 1 : 0;
            content.write(line, stuffing, line.length - stuffing);
        }
    }

    private String receivedHeader() {
        return "Received: from " + helo.orElse("") + " (unknown ["
                + socket.getInetAddress().getHostAddress() + "])\r\n"
                + "        by " + HOSTNAME + " (Mailpit) with SMTP\r\n"
                + "        for <" + recipients.get(0) + ">; " + DATE.format(ZonedDateTime.now(ZoneId.systemDefault()))
                + "\r\n";
    }

    private void reset() {
        sender = Optional.empty();
        recipients = new ArrayList<>();
    }

    // Go's net/mail requires a plain IP address between the brackets of a literal, without RFC 5321's tag "IPv6:".
    private Optional<String> addressError(String argument, String address) {
        return release.addressError(
                argument, address, ADDRESS.matcher(address).matches() && !address.contains("@[IPv6:"));
    }

    private String extensions() {
        List<String> offered = release.extensions();
        return offered.stream()
                .map(extension -> (extension.equals(offered.get(offered.size() - 1)) ? "250 " : "250-") + extension)
                .collect(Collectors.joining("\r\n"));
    }

    private void reply(Phase phase, String line) throws IOException {
        if (!failed(phase)) {
            reply(line);
        }
    }

    private boolean failed(Phase phase) throws IOException {
        Optional<Fault> fault = server.fault(phase);
        if (fault.isPresent()) {
            commit(fault.get());
        }
        return fault.isPresent();
    }

    private void commit(Fault fault) throws IOException {
        if (fault instanceof Fault.ReplyLine answer) {
            reply(answer.reply());
            return;
        }
        if (fault instanceof Fault.Silence silence) {
            try {
                server.pause(silence);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        throw new Dropped();
    }

    private void reply(String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
