package io.relaypod.server.settings;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

import io.relaypod.logins.Logins;

/**
 * Logins at the SMTP server (RFC 4954).
 *
 * @param usersFile with the logins; present if the mode needs them
 * @param withoutTls whether a password may be sent in plain text
 * @param networks whose clients may send after a login, in addition to RELAY_NETWORKS; empty for none
 */
public record SmtpAuth(Mode mode, Optional<Path> usersFile, boolean withoutTls, Optional<NetworkList> networks) {

    /** Which clients log in. */
    public enum Mode {
        /** No client. */
        OFF,
        /** Each client may. */
        OPTIONAL,
        /** Each client must, before MAIL. */
        REQUIRED,
        /** Each client may, and every name and password is accepted: for clients that cannot send without a login. */
        ANY;

        boolean asksForPasswords() {
            return this == OPTIONAL || this == REQUIRED;
        }
    }

    public boolean isOn() {
        return mode != Mode.OFF;
    }

    static SmtpAuth read(Environment environment) {
        Mode mode = Mode.valueOf(environment.word(Variable.SMTP_AUTH).toUpperCase(Locale.ROOT));
        SmtpAuth auth = new SmtpAuth(
                mode,
                environment
                        .file(
                                Variable.SMTP_USERS_FILE,
                                mode.asksForPasswords() ? path -> logins(path.toAbsolutePath()) : path -> {})
                        .map(Path::toAbsolutePath),
                environment.isTrue(Variable.SMTP_AUTH_WITHOUT_TLS),
                environment.optional(Variable.RELAY_NETWORKS_WITH_AUTH, NetworkList::parse));
        auth.check(environment);
        return auth;
    }

    private void check(Environment environment) {
        if (mode.asksForPasswords() && usersFile.isEmpty()) {
            environment.reject(
                    Variable.SMTP_USERS_FILE,
                    "SMTP_AUTH=" + environment.text(Variable.SMTP_AUTH) + " has no logins without it");
        }
        if (!mode.asksForPasswords()) {
            String why = "it means nothing with SMTP_AUTH=" + environment.text(Variable.SMTP_AUTH);
            usersFile.ifPresent(file -> environment.reject(Variable.SMTP_USERS_FILE, why));
            networks.ifPresent(list -> environment.reject(
                    Variable.RELAY_NETWORKS_WITH_AUTH,
                    mode == Mode.ANY
                            ? "with SMTP_AUTH=any every password is right, and that would let anybody in"
                            : why));
        }
        if (withoutTls && mode == Mode.OFF) {
            environment.reject(Variable.SMTP_AUTH_WITHOUT_TLS, "it means nothing with SMTP_AUTH=off");
        }
    }

    /**
     * Reads the logins of a file.
     *
     * @throws IllegalArgumentException if the file is wrong; the message has no hash
     */
    public static Logins logins(Path file) {
        return Logins.parse(TextFile.lines(file));
    }
}
