package io.relaypod.server.trace;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.DeliveryAttempted;
import io.relaypod.events.MailEvent.DeliveryDeferred;
import io.relaypod.events.MailEvent.MailChanged;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEvent.MailReprocessed;
import io.relaypod.events.MailEvent.MailStored;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.SubmittingClient;
import io.relaypod.verdict.RecipientAnswer;

/**
 * One event as it is kept, a line of JSON.
 *
 * @param micros when, in microseconds since 1970; no two entries have the same
 * @param id the queue id; before the mail has one, the session
 * @param event such as {@code delivered}, as in the log
 * @param session of a received mail, which its recipients' verdicts are found by; else empty
 * @param messageId empty where it is not known
 * @param sender empty where it is not known, or is
 * @param recipients that the event is about
 * @param details what else there is to say, in the order in which it is shown
 */
@JsonPropertyOrder({"at", "id", "event"})
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record TraceEntry(
        @JsonProperty("at") long micros,
        String id,
        String event,
        String session,
        String messageId,
        String sender,
        List<String> recipients,
        Map<String, String> details) {

    static final String RECEIVED = "received";
    static final String REFUSED = "mail-refused";

    private static final String RCPT_ACCEPTED = "rcpt-accepted";
    private static final String RCPT_REFUSED = "rcpt-refused";
    private static final int LONGEST_TEXT = 500;

    TraceEntry {
        session = session == null ? "" : session; // Jackson gives null for what a line does not have
        messageId = messageId == null ? "" : messageId;
        sender = sender == null ? "" : sender;
        recipients = recipients == null ? List.of() : List.copyOf(recipients);
        details = details == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }

    static TraceEntry of(MailEvent event, long micros) {
        if (event instanceof RecipientAccepted rcpt) {
            return rcpt(micros, RCPT_ACCEPTED, rcpt.client(), rcpt.sender(), rcpt.recipient(), rcpt.answer());
        }
        if (event instanceof RecipientRefused rcpt) {
            return rcpt(micros, RCPT_REFUSED, rcpt.client(), rcpt.sender(), rcpt.recipient(), rcpt.answer());
        }
        if (event instanceof MailRefused mail) {
            return new TraceEntry(
                    micros,
                    mail.client().session(),
                    REFUSED,
                    "",
                    "",
                    mail.sender(),
                    mail.recipients(),
                    new Details()
                            .with("client", address(mail.client()))
                            .with("answer", mail.code() + " " + mail.text())
                            .map());
        }
        if (event instanceof MailReceived mail) {
            return new TraceEntry(
                    micros,
                    mail.queueId(),
                    RECEIVED,
                    mail.client().session(),
                    mail.messageId(),
                    mail.sender(),
                    mail.recipients(),
                    new Details()
                            .with("client", address(mail.client()))
                            .with("size", Long.toString(mail.size()))
                            .map());
        }
        if (event instanceof MailChanged mail) {
            Details counts = new Details();
            mail.counts().forEach((what, number) -> counts.with(what, number.toString()));
            return mail(micros, mail.queueId(), mail.change(), mail.recipients(), counts);
        }
        if (event instanceof MailQueued mail) {
            return mail(micros, mail.queueId(), "queued", mail.recipients(), new Details());
        }
        if (event instanceof DeliveryAttempted mail) {
            return mail(
                    micros, mail.queueId(), "tried", mail.recipients(), new Details().with("gateway", mail.gateway()));
        }
        if (event instanceof DeliveryDeferred mail) {
            return mail(
                    micros,
                    mail.queueId(),
                    "deferred",
                    mail.recipients(),
                    new Details()
                            .with("reason", mail.reason())
                            .with("retry-in", mail.retryIn().toString()));
        }
        if (event instanceof MailDelivered mail) {
            return mail(
                    micros,
                    mail.queueId(),
                    "delivered",
                    mail.recipients(),
                    new Details().with("gateway", mail.gateway()).with("reply", mail.reply()));
        }
        if (event instanceof MailStored mail) {
            return end(
                    micros,
                    mail.queueId(),
                    "kept",
                    mail.sender(),
                    mail.recipients(),
                    new Details().with("repository", mail.repository()).with("reason", mail.reason()));
        }
        if (event instanceof MailReprocessed mail) {
            return end(micros, mail.queueId(), "sent-again", mail.sender(), mail.recipients(), new Details());
        }
        if (event instanceof MailRemoved mail) {
            return end(
                    micros,
                    mail.queueId(),
                    "removed",
                    mail.sender(),
                    mail.recipients(),
                    new Details().with("place", mail.from()).with("reason", mail.reason()));
        }
        MailFailed failed = (MailFailed) event;
        return end(
                micros,
                failed.queueId(),
                "failed",
                failed.sender(),
                failed.recipients(),
                new Details().with("reason", failed.reason()));
    }

    private static TraceEntry rcpt(
            long micros,
            String event,
            SubmittingClient client,
            String sender,
            String recipient,
            RecipientAnswer answer) {
        Details details = new Details()
                .with("client", address(client))
                .with("verdict", answer.outcome().name().toLowerCase(Locale.ROOT));
        return new TraceEntry(
                micros,
                client.session(),
                event,
                "",
                "",
                sender,
                List.of(recipient),
                (answer.isAccepted() ? details : details.with("answer", answer.code() + " " + answer.text())).map());
    }

    private static TraceEntry mail(
            long micros, String queueId, String event, List<String> recipients, Details details) {
        return new TraceEntry(micros, queueId, event, "", "", "", recipients, details.map());
    }

    // Days may have passed since the receipt, so that it says again whose mail it is.
    private static TraceEntry end(
            long micros, String queueId, String event, String sender, List<String> recipients, Details details) {
        return new TraceEntry(micros, queueId, event, "", "", sender, recipients, details.map());
    }

    private static String address(SubmittingClient client) {
        return client.address().getHostAddress();
    }

    Instant at() {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    /** Whether the mail had no queue id yet. */
    boolean isOfSession() {
        return event.equals(RCPT_ACCEPTED) || event.equals(RCPT_REFUSED) || event.equals(REFUSED);
    }

    /** Whether a mail's time in its session ends with this. */
    boolean endsTransaction() {
        return event.equals(RECEIVED) || event.equals(REFUSED);
    }

    private static final class Details {

        private final Map<String, String> map = new LinkedHashMap<>();

        Details with(String name, String value) {
            if (!value.isEmpty()) {
                map.put(name, value.length() <= LONGEST_TEXT ? value : value.substring(0, LONGEST_TEXT) + "...");
            }
            return this;
        }

        Map<String, String> map() {
            return map;
        }
    }
}
