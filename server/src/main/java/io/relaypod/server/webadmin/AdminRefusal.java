package io.relaypod.server.webadmin;

import java.util.Map;

import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.eclipse.jetty.http.HttpStatus;

/**
 * A refusal of a request before its route, in the form of James' errors. The connection is then closed, so that nothing
 * more is read.
 *
 * @param headers further headers of the answer
 */
record AdminRefusal(int status, ErrorType type, String message, Map<String, String> headers) {

    private static final String UNAUTHORIZED =
            "{\"statusCode\":401,\"type\":\"Unauthorized\",\"message\":\"Unauthorized\",\"details\":null}";

    AdminRefusal {
        headers = Map.copyOf(headers);
    }

    static AdminRefusal of(int status, String message) {
        return new AdminRefusal(
                status,
                status < HttpStatus.INTERNAL_SERVER_ERROR_500 ? ErrorType.INVALID_ARGUMENT : ErrorType.SERVER_ERROR,
                message,
                Map.of());
    }

    /** A refusal after which the client may try again. */
    static AdminRefusal busy(String message) {
        return new AdminRefusal(
                HttpStatus.SERVICE_UNAVAILABLE_503, ErrorType.SERVER_ERROR, message, Map.of("Retry-After", "5"));
    }

    static AdminRefusal unauthorized() {
        return new AdminRefusal(
                HttpStatus.UNAUTHORIZED_401,
                ErrorType.INVALID_ARGUMENT,
                "Unauthorized",
                Map.of("WWW-Authenticate", "Basic realm=\"relaypod\", charset=\"UTF-8\""));
    }

    String json() {
        return status == HttpStatus.UNAUTHORIZED_401
                ? UNAUTHORIZED
                : ErrorResponder.builder()
                        .statusCode(status)
                        .type(type)
                        .message("%s", message)
                        .asString();
    }
}
