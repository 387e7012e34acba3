package io.relaypod.server.webadmin;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.BlockingArrayQueue;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import spark.embeddedserver.EmbeddedServer;
import spark.embeddedserver.jetty.websocket.WebSocketHandlerWrapper;
import spark.ssl.SslStores;

/**
 * The HTTP server of webadmin, every part of it bounded: connections, threads, and the size and time of a request's
 * head. Started and stopped by one thread.
 */
final class AdminJetty implements EmbeddedServer {

    static final int CONNECTIONS = 64;

    private static final Duration REQUEST_TIME = Duration.ofSeconds(30);
    private static final Duration ANSWER_TIME = Duration.ofMinutes(3);
    private static final int LARGEST_HEAD = 8 << 10;
    private static final int OUTPUT = 16 << 10;
    private static final int THREADS = 16;
    private static final int KEPT_THREADS = 3;
    private static final int IDLE_THREAD_MILLIS = 30_000;
    private static final int WAITING_JOBS = 16 * CONNECTIONS;
    private static final int KEPT_BUFFERS = 1 << 20;
    private static final int BUFFER_STEP = 1024;
    private static final int LARGEST_KEPT_BUFFER = 64 << 10;

    private final Server server;
    private final ServerConnector connector;
    private final AdminConnections connections;
    private final CompletableFuture<Integer> listening;

    /**
     * @param handler of all requests
     * @param listening completed with the port, or with the failure to listen
     */
    AdminJetty(Handler handler, CompletableFuture<Integer> listening) {
        this.listening = listening;
        QueuedThreadPool threads = new QueuedThreadPool(
                THREADS, KEPT_THREADS, IDLE_THREAD_MILLIS, new BlockingArrayQueue<>(THREADS, THREADS, WAITING_JOBS));
        threads.setName("webadmin");
        threads.setReservedThreads(0);
        this.server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setRequestHeaderSize(LARGEST_HEAD);
        http.setOutputBufferSize(OUTPUT);
        http.setSendServerVersion(false);
        // A body is refused before it is read.
        http.setDelayDispatchUntilContent(false);
        HttpConnectionFactory connectionFactory = new HttpConnectionFactory(http);
        ScheduledExecutorScheduler scheduler = new ScheduledExecutorScheduler("webadmin-scheduler", true);
        this.connector = new ServerConnector(
                server,
                threads,
                scheduler,
                new ArrayByteBufferPool(0, BUFFER_STEP, LARGEST_KEPT_BUFFER, CONNECTIONS, KEPT_BUFFERS, KEPT_BUFFERS),
                1,
                1,
                connectionFactory);
        connector.setIdleTimeout(REQUEST_TIME.toMillis());
        this.connections = new AdminConnections(CONNECTIONS, REQUEST_TIME, ANSWER_TIME, scheduler);
        connector.addBean(connections);
        server.addConnector(connector);
        server.setHandler(handler);
    }

    /** The number of open connections. */
    int connections() {
        return connections.size();
    }

    @Override
    public int ignite(String host, int port, SslStores none, int maxThreads, int minThreads, int idleMillis)
            throws Exception {
        connector.setHost(host);
        connector.setPort(port);
        try {
            server.start();
            listening.complete(connector.getLocalPort());
            return connector.getLocalPort();
        } catch (Exception | Error failed) {
            listening.completeExceptionally(failed);
            throw failed;
        }
    }

    @Override
    public void configureWebSockets(Map<String, WebSocketHandlerWrapper> none, Optional<Long> idleMillis) {
        // there are none
    }

    @Override
    public void join() throws InterruptedException {
        server.join();
    }

    @Override
    public void extinguish() {
        try {
            server.stop();
        } catch (Exception stopping) {
            throw new IllegalStateException("webadmin does not stop", stopping);
        }
    }

    @Override
    public int activeThreadCount() {
        return server.getThreadPool().getThreads() - server.getThreadPool().getIdleThreads();
    }
}
