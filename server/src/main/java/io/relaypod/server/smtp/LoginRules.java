package io.relaypod.server.smtp;

import java.time.Duration;
import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.address.EmailAddress;
import io.relaypod.deliverability.DeliverabilityCheck;
import io.relaypod.deliverability.MailRefusal;
import io.relaypod.logins.Login;
import io.relaypod.logins.LoginRateLimits;
import io.relaypod.throttle.SendingRate;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.SMTPResponse;
import org.apache.james.protocols.smtp.SMTPRetCode;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.hook.HookResult;
import org.apache.james.protocols.smtp.hook.HookReturnCode;
import org.apache.james.protocols.smtp.hook.MailHook;

/**
 * Enforces at MAIL and in the header what a login allows: whether one is required, its sender addresses and its rate.
 * Thread-safe.
 */
public final class LoginRules implements MailHook {

    // Below what any client waits for a reply to MAIL; swaks, 30 s, waits least.
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(25);
    private static final Duration SHORTEST_WAIT = Duration.ofMillis(50);

    private static final HookResult LOGIN_FIRST = deny("530", "5.7.0 Authentication required");
    private static final HookResult TLS_FIRST = deny("530", "5.7.0 Authentication required: say STARTTLS, then log in");
    private static final HookResult REVOKED = HookResult.builder()
            .hookReturnCode(HookReturnCode.disconnected(HookReturnCode.Action.DENYSOFT))
            .smtpReturnCode("421")
            .smtpDescription("4.7.0 The login has changed, closing connection")
            .build();

    private final SmtpLogins logins;
    private final LoginRateLimits rateLimits;

    @Inject
    public LoginRules(SmtpLogins logins, LoginRateLimits rateLimits) {
        this.logins = logins;
        this.rateLimits = rateLimits;
    }

    @Override
    public HookResult doMail(SMTPSession session, MaybeSender sender) {
        if (logins.isLoginMissing(session)) {
            return logins.isSafe(session) ? LOGIN_FIRST : TLS_FIRST;
        }
        if (logins.isRevoked(session)) {
            return REVOKED;
        }
        // The sender of MAIL FROM:<> is not checked; the header always is.
        return sender.asOptional()
                .flatMap(address -> refusal(session, address.asString()))
                .map(refusal -> deny("550", refusal))
                .orElse(HookResult.DECLINED);
    }

    private Optional<String> refusal(SMTPSession session, String sender) {
        return logins.current(session)
                .flatMap(Login::from)
                .filter(allowed ->
                        EmailAddress.parse(sender).filter(allowed::contains).isEmpty())
                .map(allowed -> words(sender));
    }

    /** The refusal, if the session's login may not send a message with this header. */
    Optional<MailRefusal> refusal(SMTPSession session, DeliverabilityCheck review) {
        return logins.current(session)
                .flatMap(Login::from)
                .flatMap(review::senderOutside)
                .map(sender -> new MailRefusal(550, words(sender)));
    }

    private static String words(String sender) {
        return "5.7.1 This login may not send as <" + sender.replaceAll("[^\\x21-\\x7e]", "?") + ">";
    }

    /**
     * @param response to MAIL
     * @return the response, or one that waits until the login may send a mail more, or is refused one
     */
    Response paced(SMTPSession session, Response response) {
        boolean isAccepted = SMTPRetCode.MAIL_OK.equals(response.getRetCode());
        return isAccepted
                ? logins.current(session)
                        .map(login -> paced(session, login, response, System.nanoTime()))
                        .orElse(response)
                : response;
    }

    private Response paced(SMTPSession session, Login login, Response response, long arrived) {
        Duration wait = rateLimits.tryTake(login);
        if (wait.isZero()) {
            return response;
        }
        Duration waited = Duration.ofNanos(System.nanoTime() - arrived);
        if (waited.plus(wait).compareTo(LONGEST_WAIT) > 0) {
            session.resetState();
            SendingRate rate = login.rate().orElseThrow();
            return new SMTPResponse(
                    "450",
                    "4.7.1 This login may send " + rate.mails() + " mails in "
                            + rate.per().toSeconds() + " s; try again in " + wait.toSeconds() + " s");
        }
        Duration longEnough = wait.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : wait;
        return new PendingReply(PendingReply.after(longEnough), () -> paced(session, login, response, arrived));
    }

    private static HookResult deny(String code, String text) {
        return HookResult.builder()
                .hookReturnCode(HookReturnCode.deny())
                .smtpReturnCode(code)
                .smtpDescription(text)
                .build();
    }
}
