package io.relaypod.gateway;

import java.util.Optional;

import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * Why a mail was put back into the outgoing queue without a delivery attempt: an attribute of the mail, which listings
 * show. Whoever puts a mail back for a reason that its queue does not tell records it; the next attempt removes it.
 */
public final class WaitReason {

    /** Other large mails are in flight to the gateway. */
    public static final String BYTES_IN_FLIGHT = "bytes-in-flight";

    /** Graph's answer: to this mail's copy, or to those of the mails before it. */
    public static final String GRAPH = "graph";

    private static final AttributeName NAME = AttributeName.of("relaypod-waits-for");

    private WaitReason() {}

    /** @param reason one word in lower case, such as {@link #BYTES_IN_FLIGHT} */
    public static void write(Mail mail, String reason) {
        mail.setAttribute(new Attribute(NAME, AttributeValue.of(reason)));
    }

    public static Optional<String> read(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, NAME, String.class);
    }

    static void clear(Mail mail) {
        mail.removeAttribute(NAME);
    }
}
