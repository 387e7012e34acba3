package io.relaypod.server.settings;

/** Handling of a message with a bare CR or a bare LF (RFC 5321 section 2.3.8). */
public enum BareNewline {
    /** The message is refused at the end of DATA. */
    REFUSE,
    /** Each is replaced by CRLF. None of them ends the message. */
    NORMALIZE
}
