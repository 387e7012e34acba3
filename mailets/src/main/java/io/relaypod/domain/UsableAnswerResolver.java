package io.relaypod.domain;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

/**
 * One DNS server, of which only an answer that settles the question counts: SERVFAIL, REFUSED and a lame referral fail
 * like a timeout does, so that the next server is asked. Truncated answers are asked for again over TCP, and what is denied is learned.
 */
final class UsableAnswerResolver extends SimpleResolver {

    private final NonexistentDomains nonexistent;

    UsableAnswerResolver(InetSocketAddress server, NonexistentDomains nonexistent) {
        super(server);
        this.nonexistent = nonexistent;
    }

    @Override
    public CompletionStage<Message> sendAsync(Message query, Executor executor) {
        // dnsjava looks for what has timed out once a second only, so a short try would last a second and be the only one.
        CompletableFuture<Message> inTime = super.sendAsync(query, executor).toCompletableFuture()
            .orTimeout(getTimeout().toNanos(), TimeUnit.NANOSECONDS);
        return inTime.thenCompose(answer -> {
            int rcode = answer.getRcode();
            if (rcode != Rcode.NOERROR && rcode != Rcode.NXDOMAIN) {
                return CompletableFuture.failedFuture(new IOException(Rcode.string(rcode)));
            }
            if (isReferral(answer)) {
                return CompletableFuture.failedFuture(new IOException("lame answer"));
            }
            nonexistent.learn(answer);
            return CompletableFuture.completedFuture(answer);
        });
    }

    // RFC 2308 2.2: NS without SOA in the authority section of an empty answer sends us elsewhere, it is no NODATA.
    private static boolean isReferral(Message answer) {
        return answer.getRcode() == Rcode.NOERROR
            && !answer.getHeader().getFlag(Flags.AA)
            && answer.getSection(Section.ANSWER).isEmpty()
            && hasType(answer, Type.NS)
            && !hasType(answer, Type.SOA);
    }

    private static boolean hasType(Message answer, int type) {
        return answer.getSection(Section.AUTHORITY).stream().mapToInt(Record::getType).anyMatch(found -> found == type);
    }
}
