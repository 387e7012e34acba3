package io.relaypod.server.settings;

/** What becomes of a mail that has a CR or an LF on its own (RFC 5321 section 2.3.8). */
public enum BareNewline {
    /** The mail is refused at its end. */
    REFUSE,
    /** Each becomes CRLF; none of them ends the mail. */
    NORMALIZE
}
