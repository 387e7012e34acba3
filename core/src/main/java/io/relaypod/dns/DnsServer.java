package io.relaypod.dns;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.github.benmanes.caffeine.cache.Ticker;

/** One DNS server: its failures, whether it answers queries with EDNS, and its trust. Thread-safe. */
final class DnsServer {

    // The resolver may be updated, or another may have its address now.
    private static final long WITHOUT_EDNS_NANOS = TimeUnit.HOURS.toNanos(1);

    private final InetSocketAddress address;
    private final Ticker ticker;
    private final DnsServerListener listener;
    private final DnsServerTrust trust;
    // Failures, reduced by each answer since.
    private final AtomicInteger failures = new AtomicInteger();
    private volatile boolean hasAnsweredEdns;
    private volatile boolean isWithoutEdns;
    private volatile long withoutEdnsSince;

    DnsServer(InetSocketAddress address, DnsSettings settings, Ticker ticker, DnsServerListener listener) {
        this.address = address;
        this.ticker = ticker;
        this.listener = listener;
        this.trust = new DnsServerTrust(this, settings, ticker, listener);
    }

    InetSocketAddress address() {
        return address;
    }

    DnsServerTrust trust() {
        return trust;
    }

    int failures() {
        return failures.get();
    }

    void failed() {
        failures.incrementAndGet();
    }

    void answered() {
        if (failures.get() > 0) {
            failures.updateAndGet(before -> (int) Math.log(Math.max(1, before)));
        }
    }

    /** Whether it is queried without EDNS at present. */
    boolean isWithoutEdns() {
        return isWithoutEdns && ticker.read() - withoutEdnsSince < WITHOUT_EDNS_NANOS;
    }

    boolean hasAnsweredEdns() {
        return hasAnsweredEdns;
    }

    void answeredEdns() {
        hasAnsweredEdns = true;
    }

    void answeredWithoutEdns() {
        if (!isWithoutEdns()) {
            withoutEdnsSince = ticker.read();
            isWithoutEdns = true;
            hasAnsweredEdns = false;
            listener.answersWithoutEdns(address);
        }
    }

    @Override
    public String toString() {
        return address.getAddress() == null
                ? address.toString()
                : address.getAddress().getHostAddress() + ":" + address.getPort();
    }
}
