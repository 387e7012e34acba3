package io.relaypod.bench.rules;

import java.util.List;
import java.util.concurrent.TimeUnit;

import io.relaypod.address.EmailAddress;
import io.relaypod.calendar.CalendarStripper;
import io.relaypod.calendar.Invitation;
import io.relaypod.calendar.StrippedMail;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures {@code StripCalendar} and mode auto: find the calendars of a message, and write it without them or with
 * fewer attendees.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CalendarBench {

    private static final EmailAddress ANN = EmailAddress.of("ann", "example.com");
    private static final EmailAddress BOB = EmailAddress.of("bob", "example.com");

    private static final CalendarStripper STRIPPER = new CalendarStripper(false);

    /** Removes the calendar. */
    @Benchmark
    public long strip(SampleMail mail, SampleMail.Volume volume) throws Exception {
        volume.add(mail);
        return written(STRIPPER.strip(mail.source()));
    }

    /** Mode auto, a copy for one of two attendees. */
    @Benchmark
    public long narrow(SampleMail mail, SampleMail.Volume volume) throws Exception {
        volume.add(mail);
        return written(Invitation.in(mail.source(), List.of(ANN)).narrowed(false));
    }

    /** Mode auto, a message to all attendees, which is read and not changed. */
    @Benchmark
    public boolean narrowNothing(SampleMail mail, SampleMail.Volume volume) throws Exception {
        volume.add(mail);
        return Invitation.in(mail.source(), List.of(ANN, BOB)).narrowed(false).isChanged();
    }

    private static long written(StrippedMail changed) throws Exception {
        SampleMail.Sink out = new SampleMail.Sink();
        changed.writeTo(out);
        return out.written();
    }
}
