package io.relaypod.server.monitoring;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.apache.james.util.concurrent.NamedThreadFactory;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpContentCompressor;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.EventExecutorGroup;
import io.relaypod.server.settings.ListenAddress;

/**
 * Serves pages by HTTP: one thread reads and writes, two make pages, so that no slow client and no slow page keeps a probe from its
 * answer. A connection has {@value #REQUEST_SECONDS} s to send a request; when {@value #MOST_CONNECTIONS} are open the one that has sent
 * none for longest is closed for a new one. Thread-safe.
 */
public final class MonitoringServer implements AutoCloseable {

    static final int MOST_CONNECTIONS = 64;
    static final int REQUEST_SECONDS = 10;

    // A probe or a scrape is a line and some headers; nothing that is served takes a body.
    private static final int LONGEST_LINE = 2048;
    private static final int LONGEST_HEADER = 8192;
    private static final int LONGEST_BODY = 1024;
    private static final int PAGE_THREADS = 2;
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    private final EventLoopGroup io = new NioEventLoopGroup(1, NamedThreadFactory.withName("monitoring-io"));
    private final EventExecutorGroup pageMakers = new DefaultEventExecutorGroup(PAGE_THREADS, NamedThreadFactory.withName("monitoring"));
    // Those that are waited for, the longest first. Only touched by the one thread of io.
    private final Set<Channel> waiting = new LinkedHashSet<>();
    private final Channel listening;

    private MonitoringServer(ListenAddress address, Map<String, Page> pages) throws IOException {
        ChannelFuture bound = new ServerBootstrap()
            .group(io)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childHandler(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    makeRoom();
                    channel.pipeline()
                        .addLast(new HttpServerCodec(LONGEST_LINE, LONGEST_HEADER, LONGEST_BODY))
                        .addLast(new HttpContentCompressor())
                        .addLast(new BodyLimit(LONGEST_BODY))
                        .addLast(new RequestDeadline(Duration.ofSeconds(REQUEST_SECONDS), waiting))
                        .addLast(pageMakers, new PageHandler(pages));
                }
            })
            .bind(address.host(), address.port())
            .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stopThreads();
            throw new IOException("cannot listen at " + address + " (METRICS_ADDR): " + bound.cause().getMessage(), bound.cause());
        }
        this.listening = bound.channel();
    }

    /**
     * @param pages by path
     * @throws IOException when the address is taken, naming METRICS_ADDR
     */
    static MonitoringServer start(ListenAddress address, Map<String, Page> pages) throws IOException {
        return new MonitoringServer(address, Map.copyOf(pages));
    }

    private void makeRoom() {
        if (waiting.size() >= MOST_CONNECTIONS) {
            Channel longest = waiting.iterator().next();
            waiting.remove(longest);
            longest.close();
        }
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        stopThreads();
    }

    private void stopThreads() {
        pageMakers.shutdownGracefully(0, GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
        io.shutdownGracefully(0, GOODBYE.toMillis(), TimeUnit.MILLISECONDS).awaitUninterruptibly(2 * GOODBYE.toMillis());
    }
}
