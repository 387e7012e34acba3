package io.relaypod.bench.rules;

import java.io.InputStream;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.mailets.NotInvited;
import io.relaypod.mailets.StripCalendarFor;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.mailetcontainer.impl.MatcherConfigImpl;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.mailet.base.GenericMatcher;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Measures a message without listed recipients: two lookups of its recipient, whatever the message's size. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class UnlistedRecipientBench {

    private final StripCalendarFor listed = new StripCalendarFor();
    private final NotInvited notInvited = new NotInvited();
    private MailImpl mail = MailImpl.builder().name("none").build();

    /** Makes James' mail object as the spool does. */
    @Setup(Level.Trial)
    public void receive(SampleMail sample) throws Exception {
        configure(listed, "boss@example.com, assistant@example.com, @staff.example");
        configure(notInvited, "listed");
        try (InputStream in = sample.source().open()) {
            mail = MailImpl.builder()
                    .name("sample")
                    .addRecipient(new MailAddress("ann@example.com"))
                    .build();
            mail.setMessageNoCopy(new VerbatimMessage(MimeMessageInputStreamSource.create("sample", in)));
        }
    }

    /** Deletes the files of the message. */
    @TearDown(Level.Trial)
    public void dispose() {
        LifecycleUtil.dispose(mail);
    }

    private static void configure(GenericMatcher matcher, String condition) throws Exception {
        MatcherConfigImpl config = new MatcherConfigImpl();
        config.setCondition(condition);
        matcher.init(config);
    }

    /** Looks the recipient up in the admin's list. */
    @Benchmark
    public Collection<MailAddress> stripCalendarFor() {
        return listed.match(mail);
    }

    /** Looks the recipient up in mode listed, which reads no calendar. */
    @Benchmark
    public Collection<MailAddress> notInvited() throws Exception {
        return notInvited.match(mail);
    }
}
