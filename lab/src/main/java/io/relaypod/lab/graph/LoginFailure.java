package io.relaypod.lab.graph;

import java.util.List;
import java.util.Map;

/**
 * What Microsoft's login answers in place of a token. smtp2graph behind an HTTP proxy reports any status but 200 as a
 * failed network request, without the reason. Immutable.
 */
public record LoginFailure(int status, int code, String message) {

    /** The secret is past its end. */
    public static LoginFailure secretExpired() {
        return new LoginFailure(
                401,
                7000222,
                "AADSTS7000222: The provided client secret keys for app '01234567-89ab-cdef-0123-456789abcdef' are"
                        + " expired. Visit the Azure portal to create new keys for your app.");
    }

    /** The same, as the answer to a request through a proxy has to be for smtp2graph to report the reason. */
    public LoginFailure throughProxy() {
        return new LoginFailure(200, code, message);
    }

    Map<String, Object> body() {
        return Map.of(
                "error",
                "invalid_client",
                "error_description",
                message,
                "error_codes",
                List.of(code),
                "timestamp",
                "2026-01-01 00:00:00Z");
    }
}
