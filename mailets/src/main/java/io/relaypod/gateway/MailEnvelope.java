package io.relaypod.gateway;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.address.EnvelopeAddress;
import io.relaypod.smtpclient.SmtpEnvelope;
import io.relaypod.smtpclient.SmtpRecipient;
import org.apache.james.core.MailAddress;
import org.apache.mailet.DsnParameters;
import org.apache.mailet.DsnParameters.Notify;
import org.apache.mailet.Mail;

/** Converts the envelope of James' mail to that of a transaction. */
final class MailEnvelope {

    // smtp2graph converts xn-- to Unicode, but not XN--. It would then not find the recipient in To, and add a Bcc.
    private static final Pattern A_LABEL = Pattern.compile("(?<=[@.])xn--");

    private MailEnvelope() {}

    static SmtpEnvelope of(Mail mail, List<MailAddress> recipients) {
        Optional<DsnParameters> dsn = mail.dsnParameters();
        return new SmtpEnvelope(
                mail.getMaybeSender().asString(""),
                dsn.flatMap(DsnParameters::getRetParameter).map(Enum::name),
                dsn.flatMap(DsnParameters::getEnvIdParameter).map(DsnParameters.EnvId::asString),
                recipients.stream()
                        .map(recipient -> new SmtpRecipient(
                                A_LABEL.matcher(recipient.asString()).replaceAll("XN--"),
                                dsn.flatMap(parameters -> notify(parameters, recipient))))
                        .toList());
    }

    static List<String> addresses(Collection<MailAddress> recipients) {
        return recipients.stream().map(MailAddress::asString).toList();
    }

    /** Whether the domain of the sender is an address literal (RFC 5321 section 4.1.3). */
    static boolean hasLiteralSender(Mail mail) {
        return mail.getMaybeSender()
                .asOptional()
                .flatMap(sender -> EnvelopeAddress.parse(sender.asString()))
                .filter(EnvelopeAddress::isLiteral)
                .isPresent();
    }

    private static Optional<String> notify(DsnParameters dsn, MailAddress recipient) {
        return dsn.getRcptParameters().entrySet().stream()
                .filter(entry -> entry.getKey().asString().equalsIgnoreCase(recipient.asString()))
                .map(Map.Entry::getValue)
                .findFirst()
                .flatMap(DsnParameters.RecipientDsnParameters::getNotifyParameter)
                .map(MailEnvelope::notify);
    }

    private static String notify(Set<Notify> wanted) {
        return Stream.of(Notify.NEVER, Notify.SUCCESS, Notify.FAILURE, Notify.DELAY)
                .filter(wanted::contains)
                .map(Enum::name)
                .collect(Collectors.joining(","));
    }
}
