package io.relaypod.events;

/** Message-IDs (RFC 5322 section 3.6.4) as they are kept and looked for: a client may write one of any length. */
public final class MessageIds {

    /** Characters that are kept; no mail program writes half as many. */
    public static final int MAX_LENGTH = 500;

    private MessageIds() {}

    /** The Message-ID, or as much of it as is kept. */
    public static String truncate(String messageId) {
        return messageId.length() <= MAX_LENGTH ? messageId : messageId.substring(0, MAX_LENGTH);
    }
}
