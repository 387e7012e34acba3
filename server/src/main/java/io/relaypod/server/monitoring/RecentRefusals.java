package io.relaypod.server.monitoring;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.inject.Inject;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailRefused;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.events.MailEventListener;
import io.relaypod.events.MaskedAddresses;

/**
 * The last refusals: of recipients by their domain, of messages by their sender's domain. Equal refusals share an entry
 * with a count, so that a flood at one domain does not hide the others. Holds no local part. Thread-safe.
 */
public final class RecentRefusals implements MailEventListener {

    static final int MAX_ENTRIES = 20;
    // The maximum length of a domain name. A client may send longer text in its place.
    private static final int MAX_DOMAIN = 253;

    private final Clock clock;
    private final Map<RefusalKey, RecentRefusal> refusals = new LinkedHashMap<>();

    @Inject
    public RecentRefusals(Clock clock) {
        this.clock = clock;
    }

    private record RefusalKey(String direction, String address, int code, String text) {}

    /**
     * Equal refusals.
     *
     * @param last the time of the latest
     * @param direction {@code to} a recipient or {@code from} a sender
     * @param address the domain as the client wrote it, behind {@code ***@}
     * @param text of the reply to the client
     * @param times number of refusals since this entry was added
     */
    record RecentRefusal(Instant last, String direction, String address, int code, String text, long times) {}

    @Override
    public void onEvent(MailEvent event) {
        if (event instanceof RecipientRefused rcpt) {
            add(new RefusalKey(
                    "to",
                    domainOf(rcpt.recipient()),
                    rcpt.answer().code(),
                    rcpt.answer().text()));
        } else if (event instanceof MailRefused mail) {
            add(new RefusalKey("from", domainOf(mail.sender()), mail.code(), MaskedAddresses.in(mail.text())));
        }
    }

    private static String domainOf(String address) {
        String domain = address.substring(address.lastIndexOf('@') + 1);
        return address.isEmpty() ? "<>" : "***@" + domain.substring(0, Math.min(MAX_DOMAIN, domain.length()));
    }

    private synchronized void add(RefusalKey key) {
        RecentRefusal before = refusals.remove(key);
        refusals.put(
                key,
                new RecentRefusal(
                        clock.instant(),
                        key.direction(),
                        key.address(),
                        key.code(),
                        key.text(),
                        before == null ? 1 : before.times() + 1));
        if (refusals.size() > MAX_ENTRIES) {
            refusals.remove(refusals.keySet().iterator().next());
        }
    }

    /** The latest first. */
    synchronized List<RecentRefusal> latest() {
        List<RecentRefusal> latest = new ArrayList<>(refusals.values());
        Collections.reverse(latest);
        return latest;
    }
}
