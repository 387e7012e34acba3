package io.relaypod.server.monitoring;

import static io.relaypod.threads.Background.logFailure;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.MonitoringSettings;
import org.apache.james.util.concurrent.NamedThreadFactory;

/**
 * Serves pages by HTTP. One thread reads and writes, two threads make pages, so that neither a slow client nor a slow
 * page delays the answer to a probe. A connection must send a request in time. If too many connections are open,
 * {@link MonitoringConnections} chooses the one that is closed for a new one. Thread-safe.
 */
public final class MonitoringServer implements AutoCloseable {

    // A probe or a scrape is a line and some headers. No page needs a body.
    private static final int LONGEST_LINE = 2048;
    private static final int LONGEST_HEADER = 8192;
    private static final int LONGEST_BODY = 1024;
    private static final int PAGE_THREADS = 2;
    private static final int WAITING_REQUESTS = 128;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofMillis(50);

    private final EventLoopGroup io = new NioEventLoopGroup(1, NamedThreadFactory.withName("monitoring-io"));
    private final EventExecutorGroup pageMakers =
            new DefaultEventExecutorGroup(PAGE_THREADS, NamedThreadFactory.withName("monitoring"));
    // Only used on the one thread of io.
    private final MonitoringConnections connections = new MonitoringConnections();
    private final Semaphore requests = new Semaphore(WAITING_REQUESTS);
    private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel listening;

    private MonitoringServer(MonitoringSettings settings, Map<String, Page> pages, MemoryBudget budget)
            throws IOException {
        ChannelFuture bound = new ServerBootstrap()
                .group(io)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                // Two requests at a time, not thousands of small ones.
                .childOption(
                        ChannelOption.RCVBUF_ALLOCATOR,
                        new FixedRecvByteBufAllocator(LONGEST_LINE).maxMessagesPerRead(1))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (!hasRoom(settings.connections())) {
                            logFailure(channel.close());
                            return;
                        }
                        open.add(channel);
                        channel.pipeline()
                                .addLast(new HttpServerCodec(LONGEST_LINE, LONGEST_HEADER, LONGEST_BODY))
                                .addLast(new HttpContentCompressor())
                                .addLast(new BodyLimit(LONGEST_BODY))
                                .addLast(new RequestDeadline(settings.timeout(), connections));
                        Optional.ofNullable(pages.get(LivenessHandler.PATH))
                                .ifPresent(
                                        liveness -> channel.pipeline().addLast(new LivenessHandler(liveness, budget)));
                        channel.pipeline()
                                .addLast(new WaitingRequests(requests))
                                .addLast(
                                        pageMakers,
                                        new PageHandler(
                                                pages, requests::release, budget, MonitoringServer.this::closeSlowest));
                    }
                })
                .bind(settings.address().host(), settings.address().port())
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stopThreads();
            throw new IOException(
                    "cannot listen at " + settings.address() + " (METRICS_ADDR): "
                            + bound.cause().getMessage(),
                    bound.cause());
        }
        this.listening = bound.channel();
    }

    /**
     * @param pages by path
     * @param budget holds the memory of answers until they are read
     * @throws IOException if the address is in use; the message names METRICS_ADDR
     */
    static MonitoringServer start(MonitoringSettings settings, Map<String, Page> pages, MemoryBudget budget)
            throws IOException {
        return new MonitoringServer(
                settings,
                pages.entrySet().stream()
                        .collect(Collectors.toUnmodifiableMap(
                                Map.Entry::getKey, page -> new SharedPage(page.getValue()))),
                budget);
    }

    /** Closes the connection whose answer takes longest, to free its memory. */
    private void closeSlowest() {
        io.execute(() -> connections.longestAnswered().ifPresent(slowest -> logFailure(slowest.close())));
    }

    private boolean hasRoom(int most) {
        if (open.size() >= most) {
            Optional<Channel> evictionCandidate = connections.evictionCandidate();
            evictionCandidate.ifPresent(connections::remove);
            evictionCandidate.ifPresent(evicted -> logFailure(evicted.close()));
        }
        return open.size() < most;
    }

    /** Number of open connections. */
    int connections() {
        return open.size();
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        // Prometheus keeps its connection open. The handlers of closed connections need the threads that stop next.
        open.close().awaitUninterruptibly(CLOSE_TIMEOUT.toMillis());
        stopThreads();
    }

    private void stopThreads() {
        // The close of a connection is passed to the page threads and back, so the I/O thread stops with a delay.
        io.shutdownGracefully(QUIET.toMillis(), CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(2 * CLOSE_TIMEOUT.toMillis());
        pageMakers
                .shutdownGracefully(0, CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly(CLOSE_TIMEOUT.toMillis());
    }
}
