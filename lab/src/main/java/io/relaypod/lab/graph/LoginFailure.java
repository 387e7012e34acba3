package io.relaypod.lab.graph;

import java.util.List;
import java.util.Map;

/**
 * The error response of Microsoft's login. Behind an HTTP proxy, smtp2graph reports any status but 200 as a failed
 * network request, without the reason. Immutable.
 */
public record LoginFailure(int status, int code, String message) {

    /** 401: the client secret has expired. */
    public static LoginFailure secretExpired() {
        return new LoginFailure(
                401,
                7000222,
                "AADSTS7000222: The provided client secret keys for app '01234567-89ab-cdef-0123-456789abcdef' are"
                        + " expired. Visit the Azure portal to create new keys for your app.");
    }

    /** The same error with status 200, so that smtp2graph behind a proxy reports the reason. */
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
