package io.relaypod.lab.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.net.IDN;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.server.SMTPServer;

/**
 * Plays smtp2graph 1.1.4: takes every mail with 250, then hands it to Graph, and keeps to itself what Graph says.
 *
 * <pre>{@code
 * Smtp2GraphStandIn gateway = Smtp2GraphStandIn.start(graph.address(), Retries.hurried());
 * gateway.down();   // nobody listens
 * gateway.up();     // at the same port, with what was held tried again
 * }</pre>
 *
 * <p>Safe for use by many threads.
 */
public final class Smtp2GraphStandIn implements AutoCloseable {

    /** It sends so many mails at once. */
    private static final int PARALLEL = 4;

    private static final int MAX_SIZE = 104_857_600;
    private static final int MAX_CONNECTIONS = 1000;
    private static final int NO_LIMIT = -1;
    private static final byte[] NO_BYTES = {};
    /** The answers after which it leaves a mail in its queue for good. */
    private static final Set<String> FINAL_ERRORS =
            Set.of("ErrorAccessDenied", "ErrorMimeContentInvalidBase64String", "ErrorMessageSizeExceeded");

    private final GraphClient graph;
    private final Retries retries;
    private final AtomicInteger pending = new AtomicInteger();
    private final List<QueuedMail> held = Collections.synchronizedList(new ArrayList<>());
    private final List<QueuedMail> lost = Collections.synchronizedList(new ArrayList<>());
    private final List<QueuedMail> failed = Collections.synchronizedList(new ArrayList<>());
    private final ScheduledExecutorService queue =
            Executors.newScheduledThreadPool(PARALLEL, Smtp2GraphStandIn::daemon);
    private final int port;
    private Optional<SMTPServer> server;

    private Smtp2GraphStandIn(InetSocketAddress graph, Retries retries, int port) {
        this.graph = new GraphClient(graph);
        this.retries = retries;
        SMTPServer first = listen(port);
        this.server = Optional.of(first);
        this.port = first.getPortAllocated();
    }

    /** Starts at a free port of 127.0.0.1. */
    public static Smtp2GraphStandIn start(InetSocketAddress graph, Retries retries) {
        return start(0, graph, retries);
    }

    /** Starts at the given port of 127.0.0.1. */
    public static Smtp2GraphStandIn start(int port, InetSocketAddress graph, Retries retries) {
        return new Smtp2GraphStandIn(graph, retries, port);
    }

    /** Where it takes mail while it is up. */
    public InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** Stops listening and drops its clients; what it has taken, it goes on sending. */
    public synchronized void down() {
        server.ifPresent(SMTPServer::stop);
        server = Optional.empty();
    }

    /** Listens again at the same port, and tries what it holds once more, as the real one does when it starts. */
    public synchronized void up() {
        if (server.isEmpty()) {
            server = Optional.of(listen(port));
            takeAll(held).forEach(this::enqueue);
        }
    }

    /**
     * What lies in its queue until it is started again: no sender found, or an answer of Graph that it takes as final.
     */
    public List<QueuedMail> held() {
        return copy(held);
    }

    /** What was throttled: Graph was then asked again with nothing, so nobody will get it, whatever the answer was. */
    public List<QueuedMail> lost() {
        return copy(lost);
    }

    /** What it has given up after its retries. */
    public List<QueuedMail> failed() {
        return copy(failed);
    }

    /** How many mails it has taken of which it is not yet known where they end. */
    public int pending() {
        return pending.get();
    }

    @Override
    public void close() {
        down();
        queue.shutdownNow();
    }

    private SMTPServer listen(int atPort) {
        SMTPServer listening = SMTPServer.port(atPort)
                .bindAddress(InetAddress.getLoopbackAddress())
                .hostName("smtp2graph-stand-in")
                .softwareName("SMTP2Graph 1.1.4")
                .maxMessageSize(MAX_SIZE)
                .maxRecipients(NO_LIMIT)
                .maxConnections(MAX_CONNECTIONS)
                .insertReceivedHeaders(false)
                .fromAddressValidator(address -> true)
                .executorService(Executors.newCachedThreadPool(Smtp2GraphStandIn::daemon))
                .messageHandlerFactory(context -> new Transaction())
                .build();
        listening.start();
        return listening;
    }

    private final class Transaction implements MessageHandler {

        private String sender = "";
        private final Set<String> recipients = new LinkedHashSet<>();

        @Override
        public void from(String address) {
            sender = address;
        }

        @Override
        public void recipient(String address) {
            recipients.add(unicode(address));
        }

        // As smtp-server's punycode does it: only labels that begin with a small xn--.
        private static String unicode(String address) {
            return Stream.of(address.split("(?<=[@.])"))
                    .map(label -> label.startsWith("xn--") ? IDN.toUnicode(label) : label)
                    .collect(Collectors.joining());
        }

        @Override
        public String data(InputStream content) throws IOException {
            List<String> envelope = List.copyOf(recipients);
            byte[] mime = Smtp2GraphMail.completed(content.readAllBytes(), sender, envelope);
            enqueue(new QueuedMail(sender, envelope, mime));
            return "OK: message queued";
        }

        @Override
        public void done() {
            // Nothing is kept open.
        }
    }

    private void enqueue(QueuedMail mail) {
        pending.incrementAndGet();
        later(mail, 1, Duration.ZERO);
    }

    private void later(QueuedMail mail, int attempt, Duration delay) {
        try {
            queue.schedule(() -> attempt(mail, attempt), delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            // Closed: nobody looks any more.
        }
    }

    private void attempt(QueuedMail mail, int attempt) {
        Optional<String> mailbox = Smtp2GraphMail.sendingMailbox(mail.mime());
        if (mailbox.isEmpty()) {
            end(mail, held);
            return;
        }
        try {
            GraphClient.Answer answer = graph.sendMail(mailbox.get(), mail.mime());
            boolean emptied = false;
            for (Duration pause : retries.throttledPauses()) {
                if (!answer.isThrottled()) {
                    break;
                }
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
                // Its file was read to the end by the first request.
                answer = graph.sendMail(mailbox.get(), NO_BYTES);
                emptied = true;
            }
            conclude(mail, attempt, answer, emptied);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void conclude(QueuedMail mail, int attempt, GraphClient.Answer answer, boolean emptied) {
        boolean isFinal = answer.isAccepted() || FINAL_ERRORS.contains(answer.errorCode());
        if (emptied && isFinal) {
            end(mail, lost);
        } else if (answer.isAccepted()) {
            pending.decrementAndGet();
        } else if (isFinal) {
            end(mail, held);
        } else if (attempt > retries.limit()) {
            end(mail, failed);
        } else {
            later(mail, attempt + 1, retries.interval());
        }
    }

    private void end(QueuedMail mail, List<QueuedMail> where) {
        where.add(mail);
        pending.decrementAndGet();
    }

    private static List<QueuedMail> copy(List<QueuedMail> mails) {
        synchronized (mails) {
            return List.copyOf(mails);
        }
    }

    private static List<QueuedMail> takeAll(List<QueuedMail> mails) {
        synchronized (mails) {
            List<QueuedMail> taken = List.copyOf(mails);
            mails.clear();
            return taken;
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "lab-smtp2graph");
        thread.setDaemon(true);
        return thread;
    }
}
