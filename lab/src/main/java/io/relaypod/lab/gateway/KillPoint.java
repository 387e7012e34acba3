package io.relaypod.lab.gateway;

/** A point in the life of a message at which {@link Smtp2GraphStandIn#killAt} ends smtp2graph. */
public enum KillPoint {
    /** The message was answered 250, and its file is still in temp. */
    BEFORE_QUEUE,
    /** The file is in queue, and no request was sent to Graph. */
    BEFORE_REQUEST,
    /** Graph accepted the message, and its file is still in queue. */
    BEFORE_UNLINK,
    /** Graph accepted the message, and its file is deleted. */
    AFTER_UNLINK
}
