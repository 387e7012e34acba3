package io.relaypod.server.smtp;

import java.net.InetAddress;
import java.util.Optional;
import java.util.function.Supplier;

import io.relaypod.logins.Login;
import io.relaypod.logins.Logins;
import io.relaypod.server.settings.SmtpAuth;
import io.relaypod.server.settings.SmtpAuth.Mode;
import org.apache.james.core.Username;
import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;

/** Knows which sessions may log in, which must, and their logins. State is kept in the sessions. Thread-safe. */
public final class SmtpLogins {

    private static final AttachmentKey<Login> LOGIN = AttachmentKey.of("relaypod.login", Login.class);
    // With SMTP_AUTH=any the client's name proves nothing, and may be no name that James takes.
    private static final Username ANYBODY = Username.of("any");

    private final SmtpAuth settings;
    private final Optional<Supplier<Logins>> logins;

    /** @param logins those of the users file; empty where the mode needs none */
    public SmtpLogins(SmtpAuth settings, Optional<Supplier<Logins>> logins) {
        this.settings = settings;
        this.logins = logins;
    }

    boolean isOn() {
        return settings.isOn();
    }

    boolean acceptsAnybody() {
        return settings.mode() == Mode.ANY;
    }

    /** Whether the client is where one may log in from. */
    boolean mayLogIn(SMTPSession session) {
        return settings.isOn() && (session.isRelayingAllowed() || isLetInByLogin(session));
    }

    /** Whether a password may be sent over the connection as it is. */
    boolean isSafe(SMTPSession session) {
        return session.isTLSStarted() || settings.withoutTls();
    }

    private boolean isLetInByLogin(SMTPSession session) {
        InetAddress client = session.getRemoteAddress().getAddress();
        return settings.networks().filter(networks -> networks.contains(client)).isPresent();
    }

    /** Whether the client has to log in before it sends, and has not. */
    boolean isLoginMissing(SMTPSession session) {
        return session.getUsername() == null
                && settings.isOn()
                && (session.isRelayingAllowed() ? settings.mode() == Mode.REQUIRED : isLetInByLogin(session));
    }

    void accepted(SMTPSession session, Login login) {
        session.setAttachment(LOGIN, login, State.Connection);
        session.setUsername(Username.of(login.name()));
        session.setRelayingAllowed(session.isRelayingAllowed() || isLetInByLogin(session));
    }

    void acceptedAnybody(SMTPSession session) {
        session.setUsername(ANYBODY);
    }

    /**
     * The session's login as the file has it now; empty when nobody has logged in, and where the login or its password
     * is no more.
     */
    Optional<Login> current(SMTPSession session) {
        return session.getAttachment(LOGIN, State.Connection)
                .flatMap(login -> logins.flatMap(all -> all.get().find(login.name()))
                        .filter(now -> now.hash().equals(login.hash())));
    }

    /** Whether the session logged in with a login, or a password, that the file has no more. */
    boolean isRevoked(SMTPSession session) {
        return session.getAttachment(LOGIN, State.Connection).isPresent()
                && current(session).isEmpty();
    }
}
