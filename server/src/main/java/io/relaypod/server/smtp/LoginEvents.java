package io.relaypod.server.smtp;

import java.util.Optional;
import javax.inject.Inject;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.LogRateLimit;
import io.relaypod.events.MaskedAddresses;
import io.relaypod.logins.Login;
import io.relaypod.logins.LoginCheck;
import io.relaypod.logins.Logins;
import io.relaypod.server.settings.MountedFiles;
import org.apache.james.protocols.smtp.SMTPSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and logs the results of logins. The log has no name for a refused login, since the name may be a password.
 * Thread-safe.
 */
public final class LoginEvents {

    private static final Logger LOGGER = LoggerFactory.getLogger(LoginEvents.class);

    private final Counter accepted;
    private final Counter refused;
    private final Counter busy;
    private final LogRateLimit lines =
            new LogRateLimit(leftOut -> LOGGER.info("event=more-logins lines-left-out={}", leftOut));

    /** Registers the meters of disabled features too, with the value 0. */
    @Inject
    public LoginEvents(
            MeterRegistry meters,
            Optional<MountedFiles<Logins>> users,
            Optional<LoginCheck> check,
            Optional<SmtpTls> tls) {
        Gauge.builder(
                        "relaypod.smtp.users",
                        () -> users.map(file -> file.get().size()).orElse(0))
                .description("Logins that are in force")
                .register(meters);
        Gauge.builder(
                        "relaypod.smtp.users.outdated",
                        () -> users.filter(MountedFiles::isOutdated).isPresent() ? 1 : 0)
                .description("Whether SMTP_USERS_FILE holds what cannot be used, so that earlier logins are in force")
                .register(meters);
        Gauge.builder(
                        "relaypod.smtp.auth.waiting",
                        () -> check.map(LoginCheck::waiting).orElse(0))
                .description("Passwords that wait to be tried")
                .register(meters);
        Gauge.builder(
                        "relaypod.smtp.certificate.outdated",
                        () -> tls.filter(SmtpTls::isOutdated).isPresent() ? 1 : 0)
                .description(
                        "Whether SMTP_TLS_CERT_FILE or its key hold what cannot be used, so that an earlier certificate is in force")
                .register(meters);
        this.accepted = counter(meters, "accepted");
        this.refused = counter(meters, "refused");
        this.busy = counter(meters, "busy");
    }

    private static Counter counter(MeterRegistry meters, String result) {
        return Counter.builder("relaypod.smtp.auth")
                .description("Logins, by what became of them")
                .tag("result", result)
                .register(meters);
    }

    void accepted(SMTPSession session, Login login, String mechanism) {
        accepted.increment();
        write("login", session, mechanism, MaskedAddresses.in(login.name()));
    }

    void acceptedAnybody(SMTPSession session, String mechanism) {
        accepted.increment();
        write("login", session, mechanism, "any");
    }

    void refused(SMTPSession session, String mechanism) {
        refused.increment();
        write("login-refused", session, mechanism, "");
    }

    void busy(SMTPSession session, String mechanism) {
        busy.increment();
        write("login-busy", session, mechanism, "");
    }

    private void write(String event, SMTPSession session, String mechanism, String name) {
        if (lines.tryAcquire()) {
            String client = session.getRemoteAddress().getAddress().getHostAddress();
            // Two templates, as the JSON log takes its fields from them.
            if (name.isEmpty()) {
                LOGGER.info(
                        "event={} session={} client={} mechanism={}", event, session.getSessionID(), client, mechanism);
            } else {
                LOGGER.info(
                        "event={} session={} client={} mechanism={} login={}",
                        event,
                        session.getSessionID(),
                        client,
                        mechanism,
                        name);
            }
        }
    }
}
