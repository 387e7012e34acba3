package io.relaypod.server.webadmin;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpChannel;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Bounds the connections to webadmin: their number, the time for a request's head, and the time for an answer. If too
 * many are open, the client address with the most connections loses one to the new connection: the one that has waited
 * for a request for longest, or else the one whose answer takes longest. A client that sends or reads single bytes
 * holds its connection no longer than one that does nothing. Thread-safe.
 */
final class AdminConnections extends AbstractLifeCycle implements Connection.Listener, HttpChannel.Listener {

    private static final Duration SWEEP = Duration.ofSeconds(1);

    private final int most;
    private final Duration request;
    private final Duration answer;
    private final Scheduler scheduler;
    private final Map<EndPoint, ConnectionState> open = new HashMap<>();
    private Optional<Scheduler.Task> sweep = Optional.empty();

    private record ConnectionState(boolean isAnswered, long since) {

        static ConnectionState waiting() {
            return new ConnectionState(false, System.nanoTime());
        }

        static ConnectionState answered() {
            return new ConnectionState(true, System.nanoTime());
        }
    }

    /**
     * @param most at a time
     * @param request from the connection's start, or the end of the answer before, to the end of the request's head
     * @param answer to the end of the answer, the request's body included
     */
    AdminConnections(int most, Duration request, Duration answer, Scheduler scheduler) {
        this.most = most;
        this.request = request;
        this.answer = answer;
        this.scheduler = scheduler;
    }

    @Override
    protected void doStart() {
        planSweep();
    }

    private synchronized void planSweep() {
        sweep = Optional.of(scheduler.schedule(this::closeLate, SWEEP.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    protected synchronized void doStop() {
        sweep.ifPresent(Scheduler.Task::cancel);
    }

    /** The number of open connections. */
    synchronized int size() {
        return open.size();
    }

    @Override
    public void onOpened(Connection connection) {
        Optional<EndPoint> evictionCandidate;
        synchronized (this) {
            evictionCandidate = open.size() < most ? Optional.empty() : evictionCandidate();
            evictionCandidate.ifPresent(open::remove);
            open.put(connection.getEndPoint(), ConnectionState.waiting());
        }
        evictionCandidate.ifPresent(EndPoint::close);
    }

    private Optional<EndPoint> evictionCandidate() {
        Map<InetAddress, Long> counts =
                open.keySet().stream().collect(Collectors.groupingBy(AdminConnections::client, Collectors.counting()));
        return open.entrySet().stream()
                .min(Comparator.comparing((Map.Entry<EndPoint, ConnectionState> entry) ->
                                -counts.getOrDefault(client(entry.getKey()), 0L))
                        .thenComparing(entry -> entry.getValue().isAnswered())
                        .thenComparing((one, other) -> Long.signum(
                                one.getValue().since() - other.getValue().since())))
                .map(Map.Entry::getKey);
    }

    private static InetAddress client(EndPoint connection) {
        return connection.getRemoteAddress().getAddress();
    }

    @Override
    public synchronized void onClosed(Connection connection) {
        open.remove(connection.getEndPoint());
    }

    @Override
    public void onRequestBegin(Request begun) {
        update(begun, ConnectionState.answered());
    }

    @Override
    public void onComplete(Request done) {
        update(done, ConnectionState.waiting());
    }

    private synchronized void update(Request of, ConnectionState state) {
        open.computeIfPresent(of.getHttpChannel().getEndPoint(), (connection, before) -> state);
    }

    private void closeLate() {
        late().forEach(EndPoint::close);
        if (isRunning()) {
            planSweep();
        }
    }

    private synchronized Iterable<EndPoint> late() {
        long now = System.nanoTime();
        return open.entrySet().stream()
                .filter(entry ->
                        now - entry.getValue().since() > (entry.getValue().isAnswered() ? answer : request).toNanos())
                .map(Map.Entry::getKey)
                .toList();
    }
}
