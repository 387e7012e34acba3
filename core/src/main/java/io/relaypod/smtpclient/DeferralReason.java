package io.relaypod.smtpclient;

/** Why a delivery attempt failed temporarily. */
public enum DeferralReason {

    /** The server could not be connected, or the connection ended without a reply. */
    UNREACHABLE,
    /** The server answered, but its own next hop did not: Mailpit replies {@code 451 4.3.5}. */
    NEXT_HOP,
    /** The server replied with any other temporary failure. */
    REFUSED,
    UNKNOWN
}
