package io.relaypod.mailets;

import io.relaypod.events.MailSummary;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;

/**
 * The summary of a mail as one of its attributes. It is stored with the mail, so that a listing reads no message. It
 * says what the client has sent, whatever a mailet changes.
 */
public final class RecordedSummary {

    /** The attribute's name, which is stored with mails. */
    public static final String ATTRIBUTE = "relaypod-summary";

    private static final AttributeName NAME = AttributeName.of(ATTRIBUTE);

    private RecordedSummary() {}

    public static void write(Mail mail, MailSummary summary) {
        mail.setAttribute(new Attribute(NAME, AttributeValue.of(summary.text())));
    }

    /** {@link MailSummary#UNKNOWN} for a mail that an older version has received, or that a mailet has made. */
    public static MailSummary read(Mail mail) {
        return AttributeUtils.getValueAndCastFromMail(mail, NAME, String.class)
                .map(MailSummary::parse)
                .orElse(MailSummary.UNKNOWN);
    }
}
