package io.relaypod.bench.rules;

import java.util.List;
import java.util.concurrent.TimeUnit;

import io.relaypod.headers.RecipientAlignment;
import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures {@code AlignRecipients}: read the header of a message, and rewrite it if it lists other addresses than the
 * envelope.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RecipientsBench {

    /** To lists an address that is no recipient of the copy. */
    @Benchmark
    public long align(SampleMail mail, SampleMail.Volume volume) throws Exception {
        volume.add(mail);
        SampleMail.Sink out = new SampleMail.Sink();
        edits(mail, List.of("ann@example.com")).apply(mail.source(), out);
        return out.written();
    }

    /** To lists the recipients of the envelope, so the body is not read. */
    @Benchmark
    public boolean alignNothing(SampleMail mail, SampleMail.Volume volume) throws Exception {
        volume.add(mail);
        return edits(mail, List.of("ann@example.com", "bob@example.com")).isEmpty();
    }

    private static Edits edits(SampleMail mail, List<String> recipients) throws Exception {
        return new RecipientAlignment(recipients, true, List.of())
                .of(HeaderSection.read(mail.source(), RecipientAlignment.FIELDS));
    }
}
