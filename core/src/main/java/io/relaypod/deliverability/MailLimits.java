package io.relaypod.deliverability;

/**
 * The limits of a message, listed in docs/graph.md. Each is far beyond the messages of people and applications, and
 * small enough for the memory of one message.
 */
final class MailLimits {

    /** Header fields of the mail itself. */
    static final int HEADER_FIELDS = 5_000;

    /**
     * Lines of the mail's own header. smtp2graph's time grows with the square of the folded ones: 30,000 take it a
     * second.
     */
    static final int HEADER_LINES = 10_000;

    /** Bytes of the mail's own header: half of what mailsplit takes, since fields are added and written anew. */
    static final int HEADER_BYTES = 512 * 1024;

    /** Addresses in To, Cc and Bcc. */
    static final int ADDRESSES = 5_000;

    /** Bytes of a From or Sender field, more than any list of senders needs. */
    static final int SENDER_FIELD = 64 * 1024;

    /** MIME nodes that mailsplit 5.4 takes ({@code MAX_CHILD_NODES}). */
    static final int NODES = 1_000;

    /** Bytes of header that mailsplit 5.4 takes of a node ({@code MAX_HEAD_SIZE}). */
    static final int NODE_HEADER = 1024 * 1024;

    /** Of these, bytes for the fields that Mailpit and this relay add. */
    static final int ADDED_TO_A_NODE = 64 * 1024;

    /** Folded lines in the headers of all nodes. */
    static final int FOLDED_LINES = 20_000;

    /**
     * Received fields, one for each hop (RFC 5321 section 6.3): Postfix takes 50, Exchange 60, and a mail for Graph has
     * a few.
     */
    static final int HOPS = 30;

    /** Received fields of this relay itself. A program may send a mail that it got through the relay on, once. */
    static final int OWN_HOPS = 2;

    private MailLimits() {}
}
