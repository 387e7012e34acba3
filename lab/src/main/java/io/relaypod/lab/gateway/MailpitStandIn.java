package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A stand-in for a release of Mailpit. Unlike the real Mailpit, it can be made to fail.
 *
 * <pre>{@code
 * MailpitStandIn mailpit = MailpitStandIn.start(Relaying.to(smtp2graph.address()));
 * mailpit.failNext(2, Phase.CONTENT, new Fault.ReplyLine("451 4.3.0 try again"));
 * }</pre>
 *
 * <p>The SMTP server is written here, since an SMTP library would have other replies and extensions than Mailpit.
 * Thread-safe.
 */
public final class MailpitStandIn implements Mailpit {

    private static final int FOR_EVER = Integer.MAX_VALUE;
    private static final int BACKLOG = 1024;
    /** Mailpit's alphabet, without characters that look alike. */
    private static final String ID_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static final int ID_LENGTH = 22;

    private final ServerSocket listener;
    private final MailpitRelease release;
    private final Relaying relaying;
    private final Map<String, Queue<String>> refusals = new ConcurrentHashMap<>();
    private final Faults faults = new Faults();
    private final List<ReceivedMail> stored = new ArrayList<>();
    private final AtomicInteger crashes = new AtomicInteger();
    private volatile Optional<Poison> poison = Optional.empty();
    private volatile long downUntil = System.nanoTime();
    private final AtomicLong connectionCount = new AtomicLong();
    private final AtomicInteger mostConnections = new AtomicInteger();
    private final AtomicLong transactionCount = new AtomicLong();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool(MailpitStandIn::daemon);

    private record Poison(String text, Duration downFor) {}

    private MailpitStandIn(ServerSocket listener, MailpitRelease release, Relaying relaying) {
        this.listener = listener;
        this.release = release;
        this.relaying = relaying;
    }

    /** Starts at a free port of 127.0.0.1. */
    public static MailpitStandIn start(Relaying relaying) throws IOException {
        return start(ANY_PORT, relaying);
    }

    /** Starts at the given port of 127.0.0.1. */
    public static MailpitStandIn start(int port, Relaying relaying) throws IOException {
        return start(MailpitRelease.pinned(), port, relaying);
    }

    /** Starts at the given port of 127.0.0.1, as the given release. */
    static MailpitStandIn start(MailpitRelease release, int port, Relaying relaying) throws IOException {
        ServerSocket listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        MailpitStandIn mailpit = new MailpitStandIn(listener, release, relaying);
        mailpit.threads.execute(mailpit::accept);
        return mailpit;
    }

    @Override
    public InetSocketAddress smtpAddress() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    @Override
    public String description() {
        return "stand-in for Mailpit " + release.version();
    }

    @Override
    public List<ReceivedMail> messages() {
        synchronized (stored) {
            return List.copyOf(stored);
        }
    }

    @Override
    public void clear() {
        synchronized (stored) {
            stored.clear();
        }
    }

    /** From now on answers with this line in the phase. */
    public void answer(Phase phase, String reply) {
        fail(phase, new Fault.ReplyLine(reply));
    }

    /** From now on has this fault in the phase. */
    public void fail(Phase phase, Fault fault) {
        faults.put(phase, fault, FOR_EVER);
    }

    /** Has this fault in the phase, {@code times} times. */
    public void failNext(int times, Phase phase, Fault fault) {
        faults.put(phase, fault, times);
    }

    /** Answers with this line to the recipient, {@code times} times. */
    public void refuseNext(int times, String recipient, String reply) {
        refusals.put(recipient, new ArrayDeque<>(Collections.nCopies(times, reply)));
    }

    /**
     * From now on a message with the text makes the stand-in crash at the end of data: all connections are closed, and
     * for {@code downFor} new ones are closed at once.
     */
    public void crashOn(String text, Duration downFor) {
        poison = Optional.of(new Poison(text, downFor));
    }

    /** Number of crashes caused by a message. */
    public int crashes() {
        return crashes.get();
    }

    /** Ends all faults. */
    public void recover() {
        faults.clear();
        refusals.clear();
        poison = Optional.empty();
    }

    /** Number of connections on which a client began a transaction. */
    public long connections() {
        return connectionCount.get();
    }

    /** Highest number of connections at a time. A closed connection counts until the stand-in notices the close. */
    public int mostConnections() {
        return mostConnections.get();
    }

    /** Number of messages received to the end of data, stored or not. */
    public long transactions() {
        return transactionCount.get();
    }

    @Override
    public void close() {
        stopped.countDown();
        closeQuietly(listener);
        connections.forEach(MailpitStandIn::closeQuietly);
        threads.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                if (System.nanoTime() - downUntil < 0) {
                    connection.close();
                    continue;
                }
                connections.add(connection);
                mostConnections.accumulateAndGet(connections.size(), Math::max);
                threads.execute(() -> serve(connection));
            } catch (IOException | RejectedExecutionException e) {
                // The socket was closed, which ends the loop.
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            new MailpitSession(connection, release, new Sessions()).run();
        } catch (IOException | IllegalStateException e) {
            // The client, a crash or a fault has closed the connection.
        } finally {
            connections.remove(connection);
        }
    }

    /** Relays first and stores then, as Mailpit does. A message that cannot be relayed is not stored. */
    private String accept(String sender, List<String> recipients, byte[] received) {
        transactionCount.incrementAndGet();
        crashOnPoison(received);
        Optional<MailpitMail> mail = MailpitMail.read(received, sender, randomId());
        if (mail.isEmpty()) {
            return NextHop.UNABLE;
        }
        if (relaying.nextHop().isPresent()) {
            try {
                new NextHop(relaying.nextHop().get(), relaying.forwardErrors(), MailpitSession.HOSTNAME)
                        .pass(sender, recipients, mail.get().relayed());
            } catch (NextHop.Failure e) {
                if (relaying.forwardErrors()) {
                    return e.reply();
                }
            }
        }
        String id = randomId();
        synchronized (stored) {
            stored.add(new ReceivedMail(id, sender, recipients, mail.get().stored(recipients)));
        }
        return "250 2.0.0 Ok: queued as " + id;
    }

    private void crashOnPoison(byte[] received) {
        Optional<Poison> deadly =
                poison.filter(mail -> new String(received, StandardCharsets.ISO_8859_1).contains(mail.text()));
        if (deadly.isPresent()) {
            crashes.incrementAndGet();
            downUntil = System.nanoTime() + deadly.get().downFor().toNanos();
            connections.forEach(MailpitStandIn::closeQuietly);
            throw new IllegalStateException("crashed on a message");
        }
    }

    private final class Sessions implements MailpitSession.Server {

        private boolean isCounted;

        @Override
        public Optional<Fault> fault(Phase phase) {
            if (phase == Phase.MAIL && !isCounted) {
                isCounted = true;
                connectionCount.incrementAndGet();
            }
            return faults.take(phase);
        }

        @Override
        public Optional<String> refusal(String recipient) {
            Queue<String> replies = refusals.get(recipient);
            synchronized (refusals) {
                return replies == null ? Optional.empty() : Optional.ofNullable(replies.poll());
            }
        }

        @Override
        public String accept(String sender, List<String> recipients, byte[] received) {
            return MailpitStandIn.this.accept(sender, recipients, received);
        }

        @Override
        public void pause(Fault.Silence silence) throws InterruptedException {
            stopped.await(silence.atMost().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private static String randomId() {
        return ThreadLocalRandom.current()
                .ints(ID_LENGTH, 0, ID_ALPHABET.length())
                .collect(StringBuilder::new, (id, at) -> id.append(ID_ALPHABET.charAt(at)), StringBuilder::append)
                .toString();
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // A socket that cannot be closed is not in use.
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-mailpit");
        thread.setDaemon(true);
        return thread;
    }
}
