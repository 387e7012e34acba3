package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.inject.Inject;

import io.relaypod.logins.LoginCheck;
import io.relaypod.logins.LoginDelays;
import io.relaypod.logins.LoginVerdict;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.api.Request;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.api.handler.CommandHandler;
import org.apache.james.protocols.api.handler.ExtensibleHandler;
import org.apache.james.protocols.api.handler.WiringException;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.esmtp.EhloExtension;
import org.apache.james.protocols.smtp.hook.AuthHook;

/**
 * AUTH PLAIN and LOGIN (RFC 4954), in place of James', which asks its users on an I/O thread and answers PLAIN with a
 * challenge that is no base64. The client's next lines wait for the answer, and no thread does. Thread-safe.
 */
public final class RelayAuthCmdHandler implements CommandHandler<SMTPSession>, EhloExtension, ExtensibleHandler {

    private static final AttachmentKey<Integer> FAILURES = AttachmentKey.of("relaypod.failedLogins", Integer.class);
    private static final int MAX_FAILURES = 3;

    private static final Response OFF =
            reply("502", "5.5.1 AUTH is off here: clients of this relay's networks send without a login");
    private static final Response ELSEWHERE = reply("502", "5.5.1 Clients of this network cannot log in here");
    private static final Response ALREADY = reply("503", "5.5.1 Already logged in");
    private static final Response IN_TRANSACTION = reply("503", "5.5.1 AUTH is not allowed in a transaction");
    private static final Response NOT_ENCRYPTED = reply("538", "5.7.11 Encryption required: say STARTTLS first");
    private static final Response SYNTAX =
            reply("501", "5.5.4 Usage: AUTH PLAIN or AUTH LOGIN, with an initial response or without");
    private static final Response UNKNOWN_MECHANISM =
            reply("504", "5.5.4 Mechanism not known here; PLAIN and LOGIN are");
    private static final Response CANCELLED = reply("501", "5.7.0 Authentication cancelled");
    private static final Response WELCOME = reply("235", "2.7.0 Authentication successful");
    private static final Response REFUSED = reply("535", "5.7.8 Authentication credentials invalid");
    private static final Response BUSY = reply("454", "4.7.0 Too many logins at the moment, try again later");

    private static final String USER_NAME = "VXNlcm5hbWU6"; // Username:
    private static final String PASSWORD = "UGFzc3dvcmQ6"; // Password:
    private static final String NOTHING = "";
    private static final String CANCEL = "*";

    private final SmtpLogins logins;
    private final Optional<LoginCheck> check;
    private final LoginDelays delays;
    private final LoginEvents events;

    /** @param check empty where nobody's password is looked at */
    @Inject
    public RelayAuthCmdHandler(SmtpLogins logins, Optional<LoginCheck> check, LoginDelays delays, LoginEvents events) {
        this.logins = logins;
        this.check = check;
        this.delays = delays;
        this.events = events;
    }

    @Override
    public Collection<String> getImplCommands() {
        return Set.of("AUTH");
    }

    @Override
    public List<String> getImplementedEsmtpFeatures(SMTPSession session) {
        return logins.mayLogIn(session) && logins.isSafe(session) ? List.of("AUTH PLAIN LOGIN") : List.of();
    }

    /** James' AuthHooks are not asked, so smtpserver.xml may name none. */
    @Override
    public List<Class<?>> getMarkerInterfaces() {
        return List.of(AuthHook.class);
    }

    @Override
    public void wireExtensions(Class<?> type, List<?> extensions) throws WiringException {
        if (!extensions.isEmpty()) {
            throw new WiringException(
                    "smtpserver.xml names " + extensions.get(0).getClass().getName()
                            + ", which would never be asked: the logins are those of SMTP_USERS_FILE");
        }
    }

    @Override
    public Response onCommand(SMTPSession session, Request request) {
        if (!logins.isOn()) {
            return OFF;
        }
        if (session.getUsername() != null) {
            return ALREADY;
        }
        if (session.getAttachment(SMTPSession.SENDER, State.Transaction).isPresent()) {
            return IN_TRANSACTION;
        }
        if (!logins.mayLogIn(session)) {
            return ELSEWHERE;
        }
        if (!logins.isSafe(session)) {
            return NOT_ENCRYPTED;
        }
        if (session.getAttachment(FAILURES, State.Connection).orElse(0) >= MAX_FAILURES) {
            SMTPResponse last = new SMTPResponse("421", "4.7.0 Too many failed logins, closing connection");
            last.setEndSession(true);
            return last;
        }
        String[] words =
                Optional.ofNullable(request.getArgument()).orElse("").strip().split("\\s+", 2);
        Optional<String> initial = words.length > 1 ? Optional.of(words[1]) : Optional.empty();
        return switch (words[0].toUpperCase(Locale.ROOT)) {
            case "" -> SYNTAX;
            case "PLAIN" ->
                initial.isPresent()
                        ? plain(session, initial.get())
                        : ((AuthExchange) this::plain).awaitIn(session, NOTHING);
            case "LOGIN" ->
                initial.isPresent()
                        ? userName(session, initial.get())
                        : ((AuthExchange) this::userName).awaitIn(session, USER_NAME);
            default -> UNKNOWN_MECHANISM;
        };
    }

    private Response plain(SMTPSession session, String line) {
        if (line.strip().equals(CANCEL)) {
            return CANCELLED;
        }
        Optional<Credentials> credentials = Credentials.decode(line).flatMap(Credentials::ofPlain);
        return credentials.isPresent() ? logIn(session, credentials.get(), "PLAIN") : AuthExchange.NOT_BASE64;
    }

    private Response userName(SMTPSession session, String line) {
        if (line.strip().equals(CANCEL)) {
            return CANCELLED;
        }
        Optional<byte[]> name = Credentials.decode(line);
        return name.isPresent()
                ? ((AuthExchange) (same, next) -> password(same, name.get(), next)).awaitIn(session, PASSWORD)
                : AuthExchange.NOT_BASE64;
    }

    private Response password(SMTPSession session, byte[] name, String line) {
        if (line.strip().equals(CANCEL)) {
            return CANCELLED;
        }
        Optional<byte[]> password = Credentials.decode(line);
        return password.isPresent()
                ? logIn(session, Credentials.ofLogin(name, password.get()), "LOGIN")
                : AuthExchange.NOT_BASE64;
    }

    private Response logIn(SMTPSession session, Credentials credentials, String mechanism) {
        if (logins.acceptsAnybody()) {
            logins.acceptedAnybody(session);
            events.acceptedAnybody(session, mechanism);
            return WELCOME;
        }
        InetAddress client = session.getRemoteAddress().getAddress();
        long arrived = System.nanoTime();
        CompletableFuture<LoginVerdict> verdict = check.orElseThrow(
                        () -> new IllegalStateException("SMTP_AUTH has no logins"))
                .check(credentials.name(), credentials.password(), client);
        if (verdict.isDone() && verdict.join() instanceof LoginVerdict.Accepted accepted) {
            return accepted(session, accepted, mechanism);
        }
        CompletableFuture<Void> answered = verdict.thenCompose(known -> known instanceof LoginVerdict.Rejected
                ? PendingReply.after(delays.failed(client).minusNanos(System.nanoTime() - arrived))
                : PendingReply.after(Duration.ZERO));
        return new PendingReply(answered, () -> answer(session, verdict.join(), mechanism));
    }

    private Response answer(SMTPSession session, LoginVerdict verdict, String mechanism) {
        if (verdict instanceof LoginVerdict.Accepted accepted) {
            return accepted(session, accepted, mechanism);
        }
        if (verdict instanceof LoginVerdict.Busy) {
            events.busy(session, mechanism);
            return BUSY;
        }
        session.setAttachment(
                FAILURES, session.getAttachment(FAILURES, State.Connection).orElse(0) + 1, State.Connection);
        events.refused(session, mechanism);
        return REFUSED;
    }

    private Response accepted(SMTPSession session, LoginVerdict.Accepted accepted, String mechanism) {
        logins.accepted(session, accepted.login());
        events.accepted(session, accepted.login(), mechanism);
        return WELCOME;
    }

    private static Response reply(String code, String text) {
        return new SMTPResponse(code, text).immutable();
    }
}
