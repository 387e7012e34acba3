package io.relaypod.lab.gateway;

/** A point in a mail's life at which {@link Smtp2GraphStandIn#killAt} ends smtp2graph. */
public enum KillPoint {
    /** The mail was answered 250, and its file is still in temp. */
    BEFORE_QUEUE,
    /** The file is in queue, and Graph was not asked. */
    BEFORE_REQUEST,
    /** Graph accepted the mail, and its file is still in queue. */
    BEFORE_UNLINK,
    /** Graph accepted the mail, and its file is gone. */
    AFTER_UNLINK
}
