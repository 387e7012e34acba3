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
 * The last refusals: of recipients by domain, of mails by their sender's domain. The same again is counted and not
 * listed anew, so that a flood at one domain does not hide the others. Holds no local part. Thread-safe.
 */
public final class RecentRefusals implements MailEventListener {

    static final int MOST = 20;
    // A domain name has 253 characters at most; what else came in place of one is cut.
    private static final int LONGEST = 253;

    private final Clock clock;
    private final Map<RefusalKey, RecentRefusal> refusals = new LinkedHashMap<>();

    @Inject
    public RecentRefusals(Clock clock) {
        this.clock = clock;
    }

    private record RefusalKey(String direction, String who, int code, String words) {}

    /**
     * Refusals of one kind.
     *
     * @param last when the latest was
     * @param direction {@code to} a recipient or {@code from} a sender
     * @param who their domain behind {@code ***@}, as the client wrote it
     * @param words that the client was told
     * @param times how many there were since the first that is still listed
     */
    record RecentRefusal(Instant last, String direction, String who, int code, String words, long times) {}

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
        return address.isEmpty() ? "<>" : "***@" + domain.substring(0, Math.min(LONGEST, domain.length()));
    }

    private synchronized void add(RefusalKey kind) {
        RecentRefusal before = refusals.remove(kind);
        refusals.put(
                kind,
                new RecentRefusal(
                        clock.instant(),
                        kind.direction(),
                        kind.who(),
                        kind.code(),
                        kind.words(),
                        before == null ? 1 : before.times() + 1));
        if (refusals.size() > MOST) {
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
