package io.relaypod.dns;

import static io.relaypod.threads.Background.logFailure;

import java.util.concurrent.TimeUnit;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.relaypod.memory.MemoryBudget;

/** The DNS servers, queried on an event loop of their own, for a process that has no other. Thread-safe. */
public final class StandaloneDns implements AutoCloseable {

    private final EventLoopGroup loop = new NioEventLoopGroup(1);
    private final DnsFailover servers;

    public StandaloneDns(DnsSettings settings) {
        this.servers = new DnsFailover(settings, MemoryBudget.ofThisProcess()).on(loop);
    }

    public DnsFailover servers() {
        return servers;
    }

    /** Ends the event loop, and with it all queries that are in flight. */
    @Override
    public void close() {
        logFailure(loop.shutdownGracefully(0, 0, TimeUnit.SECONDS));
    }
}
