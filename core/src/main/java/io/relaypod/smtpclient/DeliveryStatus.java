package io.relaypod.smtpclient;

/** The result of a delivery attempt for one recipient. */
public enum DeliveryStatus {

    /** The server has accepted the mail for the recipient. */
    DELIVERED,
    /** The server has permanently refused the recipient or the mail. */
    REFUSED,
    /** The attempt failed temporarily. */
    DEFERRED,
    /** The attempt ended before the recipient's turn, for a reason that does not concern the recipient. */
    NOT_ATTEMPTED
}
