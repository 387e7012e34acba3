package io.relaypod.domain;

import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import com.google.common.base.Throwables;

import io.relaypod.domain.LookupListener.Outcome;

/** Tells a listener of each question, and how it ended. Thread-safe. */
public final class WatchedDns implements DnsSource {

    private final DnsSource origin;
    private final LookupListener listener;

    public WatchedDns(DnsSource origin, LookupListener listener) {
        this.origin = origin;
        this.listener = listener;
    }

    @Override
    public CompletableFuture<Message> ask(Name name, int type) {
        long begin = System.nanoTime();
        return origin.ask(name, type).whenComplete((answer, failure) ->
            listener.lookedUp(Type.string(type), failure == null ? outcome(answer, type) : outcome(failure), Duration.ofNanos(System.nanoTime() - begin)));
    }

    private static Outcome outcome(Message answer, int type) {
        if (answer.getRcode() == Rcode.NXDOMAIN) {
            return Outcome.NO_SUCH_DOMAIN;
        }
        return answer.getSection(Section.ANSWER).stream().anyMatch(record -> record.getType() == type) ? Outcome.FOUND : Outcome.NO_RECORDS;
    }

    private static Outcome outcome(Throwable failure) {
        return Throwables.getRootCause(failure) instanceof SocketTimeoutException ? Outcome.TIMEOUT : Outcome.FAILED;
    }
}
