package io.relaypod.lab.graph;

import java.time.Duration;

/**
 * Graph's answer to a message that it does not accept. Immutable.
 *
 * @param retryAfter zero for no Retry-After header
 */
public record GraphFailure(int status, String code, String message, Duration retryAfter) {

    /** 429: too many requests from one application or mailbox. */
    public static GraphFailure throttled(Duration retryAfter) {
        return new GraphFailure(
                429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", retryAfter);
    }

    /** 503: temporarily unavailable. */
    public static GraphFailure unavailable() {
        return new GraphFailure(
                503, "ErrorServerBusy", "The server cannot service this request right now.", Duration.ZERO);
    }

    /** 500: no reason is given. */
    public static GraphFailure internalError() {
        return new GraphFailure(500, "ErrorInternalServerError", "An internal server error occurred.", Duration.ZERO);
    }

    /** 403: the application may not send as this mailbox. */
    public static GraphFailure accessDenied() {
        return new GraphFailure(
                403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.", Duration.ZERO);
    }

    /** 403: the mailbox may not send as the address in From. */
    public static GraphFailure sendAsDenied() {
        return new GraphFailure(
                403,
                "ErrorSendAsDenied",
                "The user account which was used to submit this request does not have the right to send mail on behalf"
                        + " of the specified sending account.",
                Duration.ZERO);
    }

    /** 401: the token is refused. */
    public static GraphFailure unauthorized() {
        return new GraphFailure(401, "InvalidAuthenticationToken", "Access token is empty.", Duration.ZERO);
    }

    /** No answer: the connection is closed. */
    public static GraphFailure noAnswer() {
        return new GraphFailure(0, "", "", Duration.ZERO);
    }

    /** 413: more than 4 MB in base64. */
    public static GraphFailure tooLarge() {
        return new GraphFailure(
                413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.", Duration.ZERO);
    }

    static GraphFailure notBase64() {
        return new GraphFailure(
                400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.", Duration.ZERO);
    }

    /** 400: the message has no recipient that Exchange can read. */
    public static GraphFailure invalidRecipients() {
        return new GraphFailure(
                400,
                "ErrorInvalidRecipients",
                "At least one recipient is not valid., " + "A message can't be sent because it contains no recipients.",
                Duration.ZERO);
    }

    static GraphFailure notFound(String request) {
        return new GraphFailure(404, "ResourceNotFound", "The lab does not know " + request, Duration.ZERO);
    }
}
