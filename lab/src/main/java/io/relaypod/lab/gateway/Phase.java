package io.relaypod.lab.gateway;

/** The points of an SMTP session at which a {@link Fault} can happen. */
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
    /** At the message, which is read to the end only if the fault is an answer or follows the acceptance. */
    CONTENT
}
