package io.relaypod.lab.bench;

import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.lab.dns.DnsBehaviour;
import io.relaypod.lab.dns.LabDns;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures how many recipients a second SMTP servers refuse. All servers use one DNS server and get the same load, one
 * after another. The script bench/rcpt/run starts the servers.
 */
@Command(
        name = "rcpt",
        mixinStandardHelpOptions = true,
        description = "Measure how many recipients a second servers refuse, one server after another.")
public final class RcptBench implements Callable<Integer> {

    private static final int GOOD_DOMAINS = 100;
    private static final int CACHED_DOMAINS = 100;
    private static final int GOOD_CLIENTS = 50;
    private static final int SILENT_CLIENTS = 200;
    // By then all silent clients wait for DNS.
    private static final Duration SILENCE_AHEAD = Duration.ofSeconds(2);
    private static final Duration RAMP = Duration.ofSeconds(1);

    @Option(
            names = "--server",
            required = true,
            description = "NAME=PORT on 127.0.0.1; the first is compared with the others.")
    private Map<String, Integer> servers = new LinkedHashMap<>();

    @Option(names = "--dns-port", defaultValue = "53")
    private int dnsPort;

    @Option(names = "--rounds", defaultValue = "5")
    private int rounds;

    @Option(names = "--seconds", defaultValue = "4", description = "Seconds of measurement for each server in a round.")
    private int seconds;

    @Option(
            names = "--warm-up",
            defaultValue = "8",
            description = "Seconds of load for each server before the first round.")
    private int warmUpSeconds;

    @Option(names = "--clients", defaultValue = "20")
    private int clients;

    @Option(
            names = "--load",
            split = ",",
            defaultValue = "cached,uncached,isolation",
            description =
                    "Loads to run: cached, uncached, isolation, or subdomains (random names below a domain that exists).")
    private List<String> loads = List.of();

    @Option(names = "--out", description = "File that the tables are written to as well.")
    private Path out = Path.of("/dev/null");

    private final AtomicLong names = new AtomicLong(System.currentTimeMillis() * 1000);
    private final AtomicInteger next = new AtomicInteger();
    private final Map<String, Long> queries = new LinkedHashMap<>();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new RcptBench()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        List<String> report = new ArrayList<>();
        report.add("%s, %d processors, load average before %.2f, %d rounds of %d s each, medians, %d clients"
                .formatted(
                        Instant.now().truncatedTo(ChronoUnit.MINUTES),
                        Runtime.getRuntime().availableProcessors(),
                        loadAverage(),
                        rounds,
                        seconds,
                        clients));
        try (LabDns dns = LabDns.at(dnsPort, zone())) {
            dns.behave("silent.example", DnsBehaviour.silence());
            for (String load : loads) {
                report.addAll(load.equals("isolation") ? isolation() : refusals(load, dns));
            }
        }
        report.add("");
        report.add("load average after %.2f".formatted(loadAverage()));
        Files.write(out, report);
        PrintWriter stdout = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        stdout.println();
        report.forEach(stdout::println);
        return 0;
    }

    private List<String> refusals(String load, LabDns dns) throws Exception {
        Supplier<String> recipients = switch (load) {
            case "cached" -> this::repeatedFake;
            case "subdomains" -> this::randomSubdomain;
            default -> this::newFake;
        };
        // A server may defer a client whose recipients have too many names below one domain.
        int lowestCode = load.equals("subdomains") ? 400 : 500;
        Map<String, List<LoadResult>> results = new LinkedHashMap<>();
        for (String server : servers.keySet()) {
            results.put(server, new ArrayList<>());
            refused(server, recipients, lowestCode).run(Duration.ofSeconds(warmUpSeconds), RAMP);
        }
        for (int round = 0; round < rounds; round++) {
            List<String> order = new ArrayList<>(servers.keySet());
            Collections.rotate(order, round);
            for (String server : order) {
                dns.reset();
                LoadResult result = refused(server, recipients, lowestCode).run(RAMP, Duration.ofSeconds(seconds));
                queries.merge(load + " " + server, dns.total(), Long::sum);
                Objects.requireNonNull(results.get(server)).add(result);
                progress(load, server, result, dns.total());
            }
        }
        return table(load, results);
    }

    private RcptLoad refused(String server, Supplier<String> recipients, int lowestCode) {
        return new RcptLoad(address(server), clients, recipients, code -> code >= lowestCode);
    }

    private List<String> table(String load, Map<String, List<LoadResult>> results) {
        List<String> lines = new ArrayList<>(List.of(
                "",
                "Refusals, " + load,
                "",
                "| server | refusals/s | p50 ms | p99 ms | CPU µs each | first server's rate against it |",
                "| --- | --- | --- | --- | --- | --- |"));
        List<Map.Entry<String, LoadResult>> medians = results.entrySet().stream()
                .map(entry -> Map.entry(entry.getKey(), LoadResult.median(entry.getValue())))
                .toList();
        double first = medians.get(0).getValue().perSecond();
        medians.forEach(entry -> lines.add(row(entry.getKey(), entry.getValue(), first)));
        lines.add("");
        queries.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(load + " "))
                .forEach(
                        entry -> lines.add("DNS queries, %s: %d in total".formatted(entry.getKey(), entry.getValue())));
        return lines;
    }

    private static String row(String name, LoadResult result, double first) {
        return String.format(
                Locale.ROOT,
                "| %s | %,.0f | %.2f | %.2f | %.0f | %.2f |",
                name,
                result.perSecond(),
                result.p50Micros() / 1e3,
                result.p99Micros() / 1e3,
                result.cpuMicrosOfEach(),
                first / result.perSecond());
    }

    /** Measures the first server only, since the others have a process for each client. */
    private List<String> isolation() throws Exception {
        String server = servers.keySet().iterator().next();
        List<LoadResult> quiet = new ArrayList<>();
        List<LoadResult> attacked = new ArrayList<>();
        good(server).run(Duration.ofSeconds(warmUpSeconds), RAMP);
        for (int round = 0; round < rounds; round++) {
            quiet.add(good(server).run(RAMP, Duration.ofSeconds(seconds)));
            progress("isolation", "quiet", quiet.get(round), 0);
            CompletableFuture<Void> silent = CompletableFuture.runAsync(() -> runSilentClients(server));
            Thread.sleep(SILENCE_AHEAD.toMillis());
            attacked.add(good(server).run(RAMP, Duration.ofSeconds(seconds)));
            silent.join();
            progress("isolation", "attacked", attacked.get(round), 0);
        }
        LoadResult before = LoadResult.median(quiet);
        LoadResult under = LoadResult.median(attacked);
        return List.of(
                "",
                "Isolation: %d clients with good domains, alone and beside %d clients whose domains' name servers are silent"
                        .formatted(GOOD_CLIENTS, SILENT_CLIENTS),
                "",
                "| " + server + " | RCPT/s | p50 ms | p99 ms | CPU µs each | alone / this |",
                "| --- | --- | --- | --- | --- | --- |",
                row("alone", before, before.perSecond()),
                row("attacked", under, before.perSecond()),
                "",
                String.format(
                        Locale.ROOT,
                        "p99 attacked / alone: %.2f (goal: 2 at most), throughput: %.2f (goal: 0.8 at least)",
                        under.p99Micros() / before.p99Micros(),
                        under.perSecond() / before.perSecond()));
    }

    private RcptLoad good(String server) {
        return new RcptLoad(
                address(server),
                GOOD_CLIENTS,
                () -> "a@d" + next.getAndIncrement() % GOOD_DOMAINS + ".example",
                code -> code == 250);
    }

    private void runSilentClients(String server) {
        try {
            new RcptLoad(
                            address(server),
                            SILENT_CLIENTS,
                            () -> "a@n" + names.getAndIncrement() + ".silent.example",
                            code -> code == 451)
                    .run(SILENCE_AHEAD, RAMP.plusSeconds(seconds));
        } catch (java.io.IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }

    private String repeatedFake() {
        return "a@fake" + next.getAndIncrement() % CACHED_DOMAINS + ".test";
    }

    // The name has two labels, so no cached parent can deny it (RFC 8020).
    private String newFake() {
        return "a@n" + names.getAndIncrement() + ".test";
    }

    // The parent exists, so no cached parent can deny the name.
    private String randomSubdomain() {
        return "a@n" + names.getAndIncrement() + ".d0.example";
    }

    private InetSocketAddress address(String server) {
        return new InetSocketAddress("127.0.0.1", Objects.requireNonNull(servers.get(server)));
    }

    private static String[] zone() {
        return Stream.concat(
                        Stream.of("gmail.com. 300 IN MX 10 mx.example.", "outlook.com. 300 IN MX 10 mx.example."),
                        IntStream.range(0, GOOD_DOMAINS)
                                .mapToObj(domain -> "d" + domain + ".example. 300 IN MX 10 mx.example."))
                .toArray(String[]::new);
    }

    private static void progress(String load, String server, LoadResult result, long queries) {
        System.err.printf(
                Locale.ROOT,
                "%-9s %-9s %,8.0f/s  p50 %6.2f ms  p99 %6.2f ms  cpu %4.0f us  dns %d  load %.1f%n",
                load,
                server,
                result.perSecond(),
                result.p50Micros() / 1e3,
                result.p99Micros() / 1e3,
                result.cpuMicrosOfEach(),
                queries,
                loadAverage());
    }

    private static double loadAverage() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }
}
