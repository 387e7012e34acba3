package io.relaypod.lab.gateway;

/** The points of an SMTP session at which a {@link Fault} can be put. */
public enum Phase {
    /** Before the banner. */
    CONNECT,
    /** At HELO and EHLO. */
    HELO,
    /** At MAIL. */
    MAIL,
    /** At RCPT. */
    RCPT,
    /** At the DATA command. */
    DATA,
    /** At the mail itself, which is read to its end only if the fault is an answer. */
    CONTENT
}
