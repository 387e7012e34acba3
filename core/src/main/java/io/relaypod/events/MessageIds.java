package io.relaypod.events;

/** Message-IDs (RFC 5322 section 3.6.4) of bounded length: a client may send one of any length. */
public final class MessageIds {

    /** In characters; mail programs write less than half as many. */
    public static final int MAX_LENGTH = 500;

    private MessageIds() {}

    /** The first {@link #MAX_LENGTH} characters. */
    public static String truncate(String messageId) {
        return messageId.length() <= MAX_LENGTH ? messageId : messageId.substring(0, MAX_LENGTH);
    }
}
