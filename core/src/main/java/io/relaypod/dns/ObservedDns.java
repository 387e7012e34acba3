package io.relaypod.dns;

import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import com.google.common.base.Throwables;
import io.relaypod.dns.DnsAnswer.Alias;
import io.relaypod.dns.DnsAnswer.NoRecords;
import io.relaypod.dns.DnsAnswer.NoSuchName;
import io.relaypod.dns.LookupListener.LookupOutcome;
import io.relaypod.threads.Background;
import org.xbill.DNS.Name;
import org.xbill.DNS.Type;

/** Notifies a listener of the outcome of each lookup. Thread-safe. */
public final class ObservedDns implements DnsLookup {

    private final DnsLookup origin;
    private final LookupListener listener;

    public ObservedDns(DnsLookup origin, LookupListener listener) {
        this.origin = origin;
        this.listener = listener;
    }

    @Override
    public CompletableFuture<DnsAnswer> ask(Name name, int type) {
        long begin = System.nanoTime();
        CompletableFuture<DnsAnswer> question = origin.ask(name, type);
        CompletableFuture<DnsAnswer> heard = question.whenComplete((answer, failure) -> {
            if (!question.isCancelled()) {
                listener.lookedUp(
                        Type.string(type),
                        failure == null ? outcome(answer) : outcome(failure),
                        Duration.ofNanos(System.nanoTime() - begin));
            }
        });
        // A caller that cancels the result cancels the lookup.
        Background.whenDone(heard, (answer, failure) -> question.cancel(false));
        return heard;
    }

    private static LookupOutcome outcome(DnsAnswer answer) {
        if (answer instanceof NoSuchName) {
            return LookupOutcome.NO_SUCH_DOMAIN;
        }
        return answer instanceof NoRecords || answer instanceof Alias ? LookupOutcome.NO_RECORDS : LookupOutcome.FOUND;
    }

    private static LookupOutcome outcome(Throwable failure) {
        return Throwables.getRootCause(failure) instanceof SocketTimeoutException
                ? LookupOutcome.TIMEOUT
                : LookupOutcome.FAILED;
    }
}
