import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import io.relaypod.events.SubmittingClient;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailDelivered;
import io.relaypod.events.MailEvent.MailQueued;
import io.relaypod.events.MailEvent.MailReceived;
import io.relaypod.events.MailEvent.RecipientAccepted;
import io.relaypod.events.MailEvent.RecipientRefused;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.trace.SearchMemory;
import io.relaypod.server.trace.Trace;
import io.relaypod.server.trace.TraceQuery;
import io.relaypod.server.trace.TracedMail;

/**
 * Measures the cost of the trace for the thread that publishes an event, its total cost, and the time of a search.
 * docs/design/performance.md
 *
 * <pre>
 * ./mvnw -q -B -DskipTests package
 * java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx128m -cp 'lab/target/classes:lab/target/lib/*' bench/trace/TraceBench.java 1000000
 * </pre>
 */
public final class TraceBench {

    private static final RecipientAnswer MX = new RecipientAnswer(Outcome.MX, 250, "");
    private static final RecipientAnswer NO_MX = new RecipientAnswer(Outcome.NO_MAIL_HOST, 550, "5.1.2 Bad destination mailbox address - domain has no MX record");
    private static final int SEARCHES = 9;

    private final SettableClock clock = new SettableClock();
    private final Random random = new Random(7);
    private String anId = "";
    private int anAddress;
    private long published;
    private long publishNanos;

    public static void main(String[] arguments) throws Exception {
        new TraceBench().run(arguments.length == 0 ? 1_000_000 : Integer.parseInt(arguments[0]));
    }

    private void run(int events) throws Exception {
        Path directory = Files.createTempDirectory("bench-trace");
        try {
            long cpu = cpuNanos();
            try (Trace trace = new Trace(directory, 4L << 30, Duration.ofDays(30), clock)) {
                fill(trace, events);
                System.out.printf("%d events: published in %.2f us each, %.1f us of CPU each with writing, %d bytes each, %d left out%n", published,
                    publishNanos / 1e3 / published, (cpuNanos() - cpu) / 1e3 / published, trace.size() / published, trace.dropped());
            }
            try (Trace trace = new Trace(directory, 4L << 30, Duration.ofDays(30), clock)) {
                search(trace, "queue id", query("id", anId));
                search(trace, "Message-ID", query("message", anId + "@example.com"));
                search(trace, "recipient", query("recipient", "user" + anAddress + "@example.org"));
                search(trace, "address", query("address", "user" + anAddress + "@example.org"));
                search(trace, "sender of every mail", query("sender", "noreply@example.com"));
                search(trace, "domain of every recipient", query("address", "@example.org"));
                search(trace, "address that is not there", query("address", "nobody@example.net"));
                search(trace, "beginning of a queue id", query("id", anId.substring(0, 20)));
                search(trace, "the last hour", query("", ""));
            }
        } finally {
            delete(directory);
        }
    }

    private void fill(Trace trace, int events) throws InterruptedException {
        while (published < events) {
            for (int i = 0; i < 500 && published < events; i++) {
                mail(trace, published > events / 2 && anId.isEmpty());
            }
            clock.advance(Duration.ofMillis(1_000));
            Thread.sleep(published % 8_000 < 2_100 ? 260 : 0); // the writer empties a queue of 16,384 four times a second
        }
        search(trace, query("id", anId)); // writes what is left
    }

    private void mail(Trace trace, boolean remember) {
        String id = "Mail" + clock.millis() + "-" + new UUID(random.nextLong(), random.nextLong());
        int user = random.nextInt(200_000);
        List<String> to = List.of("user" + user + "@example.org");
        SubmittingClient client = new SubmittingClient(Integer.toHexString(random.nextInt()), InetAddress.getLoopbackAddress());
        if (remember) {
            anId = id;
            anAddress = user;
        }
        if (random.nextInt(20) == 0) {
            publish(trace, new RecipientRefused(client, "noreply@example.com", "user" + user + "@nowhere" + user + ".example", NO_MX));
        }
        publish(trace, new RecipientAccepted(client, "noreply@example.com", to.get(0), MX));
        publish(trace, new MailReceived(client, id, "<" + id + "@example.com>", "", "", "noreply@example.com", to, 4_096));
        publish(trace, new MailQueued(id, to));
        publish(trace, new MailDelivered(id, to, "127.0.0.1", "250 2.0.0 Ok: queued as GEoVvtdLYNYsYT2MTNDJJz"));
    }

    private void publish(Trace trace, MailEvent event) {
        long begin = System.nanoTime();
        trace.onEvent(event);
        publishNanos += System.nanoTime() - begin;
        published++;
    }

    private static void search(Trace trace, String what, TraceQuery query) {
        double[] millis = new double[SEARCHES];
        List<TracedMail> found = List.of();
        for (int i = 0; i < SEARCHES; i++) {
            long begin = System.nanoTime();
            found = search(trace, query);
            millis[i] = (System.nanoTime() - begin) / 1e6;
        }
        double first = millis[0];
        Arrays.sort(millis);
        System.out.printf("%-28s %3d mails  first %6.0f ms  median %6.0f ms  worst %6.0f ms%n", what, found.size(), first, millis[SEARCHES / 2], millis[SEARCHES - 1]);
    }

    private TraceQuery query(String by, String text) {
        Optional<String> given = Optional.of(text);
        Instant since = by.isEmpty() ? clock.instant().minus(Duration.ofHours(1)) : Instant.EPOCH;
        return new TraceQuery(given.filter(any -> by.equals("id")), given.filter(any -> by.equals("message")), given.filter(any -> by.equals("sender")),
            given.filter(any -> by.equals("recipient")), given.filter(any -> by.equals("address")), since, clock.instant(), 50);
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static final class SettableClock extends Clock {

        private volatile Instant now = Instant.now();

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private static List<TracedMail> search(Trace trace, TraceQuery query) {
        try (SearchMemory memory = new SearchMemory(MemoryBudget.ofThisProcess())) {
            return trace.search(query, memory).mails();
        }
    }
}
