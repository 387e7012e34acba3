package io.relaypod.bench.rules;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.relaypod.address.AddressSet;
import io.relaypod.deliverability.DeliverabilityCheck;
import io.relaypod.deliverability.GraphRules;
import io.relaypod.deliverability.MailRefusal;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Measures the check of a message's lines, which every message needs at the end of data. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class EndOfDataBench {

    private final GraphRules rules = new GraphRules(AddressSet.parse(""), 3 << 20, true);
    private List<byte[]> lines = List.of();

    /** Splits the message into lines, as the SMTP server receives them. */
    @Setup(Level.Trial)
    public void receive(SampleMail sample) throws IOException {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(sample.source().open(), StandardCharsets.ISO_8859_1))) {
            lines = reader.lines()
                    .map(line -> (line + "\r\n").getBytes(StandardCharsets.ISO_8859_1))
                    .toList();
        }
    }

    /** From the first line to the verdict. */
    @Benchmark
    public Optional<MailRefusal> review() {
        DeliverabilityCheck review = new DeliverabilityCheck(rules);
        lines.forEach(review::line);
        return review.verdict("s@example.com", List.of("ann@example.com", "bob@example.com"));
    }
}
