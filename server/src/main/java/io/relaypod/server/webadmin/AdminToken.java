package io.relaypod.server.webadmin;

import java.util.function.Predicate;

import org.apache.james.jwt.JwtTokenVerifier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies a JSON Web Token (RFC 7519) by James' rules: signed, not expired, with a {@code sub} and {@code admin:
 * true}. Thread-safe.
 */
public record AdminToken(JwtTokenVerifier verifier) implements Predicate<String> {

    private static final Logger LOGGER = LoggerFactory.getLogger(AdminToken.class);

    @Override
    public boolean test(String token) {
        try {
            return verifier.verifyAndExtractLogin(token).isPresent() && verifier.hasAttribute("admin", true, token);
        } catch (IllegalArgumentException notEvenAToken) {
            // Such as nothing at all.
            LOGGER.debug("a token could not be read", notEvenAToken);
            return false;
        }
    }
}
