package io.relaypod.server.activity;

import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.inject.Inject;

import io.relaypod.events.LogText;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventListener;

/**
 * Counts mails by sending mailbox and by client, and permanent refusals by client and by the recipient's domain, in the
 * last hour and day. Memory is bounded; nothing survives a restart. Thread-safe.
 */
public final class MailActivity implements MailEventListener {

    /** Names of each kind; each takes about 400 bytes. */
    static final int NAMES = 200;

    private static final int LONGEST_NAME = 320;
    private static final int PERMANENT = 500;
    private static final String NO_SENDER = "<>";
    private static final String NO_DOMAIN = "(no domain)";

    private final FrequentNames senders;
    private final FrequentNames clients;
    private final FrequentNames refusedClients;
    private final FrequentNames refusedDomains;
    private final Instant since;

    /**
     * The most frequent names of each kind, those of the last hour first.
     *
     * @param since when counting began
     * @param senders mailboxes by mails
     * @param clients addresses by mails
     * @param refusedClients addresses by refusals
     * @param refusedDomains recipients' domains by refusals
     */
    public record ActivityReport(
            Instant since,
            List<FrequentName> senders,
            List<FrequentName> clients,
            List<FrequentName> refusedClients,
            List<FrequentName> refusedDomains) {

        /** Keeps its own copies of the lists. */
        public ActivityReport {
            senders = List.copyOf(senders);
            clients = List.copyOf(clients);
            refusedClients = List.copyOf(refusedClients);
            refusedDomains = List.copyOf(refusedDomains);
        }
    }

    @Inject
    public MailActivity(Clock clock) {
        this.senders = new FrequentNames(NAMES, clock);
        this.clients = new FrequentNames(NAMES, clock);
        this.refusedClients = new FrequentNames(NAMES, clock);
        this.refusedDomains = new FrequentNames(NAMES, clock);
        this.since = clock.instant();
    }

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof MailReceived mail) {
            senders.add(mailbox(mail));
            clients.add(mail.client().address().getHostAddress());
        } else if (event instanceof RecipientRefused rcpt && rcpt.answer().code() >= PERMANENT) {
            refusedClients.add(rcpt.client().address().getHostAddress());
            refusedDomains.add(domain(rcpt.recipient()));
        } else if (event instanceof MailRefused mail && mail.code() >= PERMANENT) {
            refusedClients.add(mail.client().address().getHostAddress());
        }
    }

    private static String mailbox(MailReceived mail) {
        String mailbox = mail.mailbox().isEmpty() ? mail.sender() : mail.mailbox();
        return mailbox.isEmpty() ? NO_SENDER : printable(mailbox);
    }

    // What has no @ may be a local part.
    private static String domain(String recipient) {
        int at = recipient.lastIndexOf('@');
        return at < 0 || at == recipient.length() - 1 ? NO_DOMAIN : printable(recipient.substring(at + 1));
    }

    private static String printable(String name) {
        return LogText.onOneLine(name.substring(0, Math.min(LONGEST_NAME, name.length())))
                .toLowerCase(Locale.ROOT);
    }

    /** @param most names of each kind */
    public ActivityReport report(int most) {
        return new ActivityReport(
                since, senders.top(most), clients.top(most), refusedClients.top(most), refusedDomains.top(most));
    }

    /**
     * The report without local parts: senders of a domain count together.
     *
     * @param most names of each kind
     */
    public ActivityReport masked(int most) {
        Map<String, FrequentName> domains = new LinkedHashMap<>();
        senders.top(NAMES).forEach(sender -> {
            int at = sender.name().lastIndexOf('@');
            String domain = at < 0 ? NO_SENDER : "***" + sender.name().substring(at);
            domains.merge(
                    domain,
                    new FrequentName(domain, sender.hour(), sender.day()),
                    (one, other) -> new FrequentName(domain, one.hour() + other.hour(), one.day() + other.day()));
        });
        return new ActivityReport(
                since,
                domains.values().stream()
                        .sorted(FrequentNames.MOST_FIRST)
                        .limit(most)
                        .toList(),
                clients.top(most),
                refusedClients.top(most),
                refusedDomains.top(most));
    }
}
