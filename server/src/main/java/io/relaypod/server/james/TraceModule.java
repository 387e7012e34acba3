package io.relaypod.server.james;

import java.time.Clock;
import java.util.Optional;
import javax.annotation.PreDestroy;
import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.multibindings.ProvidesIntoSet;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.events.MailEventListener;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.TraceSettings;
import io.relaypod.server.trace.Trace;
import org.apache.james.onami.lifecycle.DisposingStager;

/** The trace of what happened to mails, unless TRACE_MAX_SIZE is 0. */
final class TraceModule extends AbstractModule {

    @Provides
    TraceSettings traceSettings(Settings settings) {
        return settings.trace();
    }

    @Provides
    @Singleton
    Optional<Trace> trace(Settings settings, Clock clock, MeterRegistry meters, DisposingStager<PreDestroy> stager) {
        if (!settings.trace().isOn()) {
            return Optional.empty();
        }
        Trace trace = new Trace(
                settings.dataDir().resolve("trace"),
                settings.trace().maxSize(),
                settings.trace().maxAge(),
                clock);
        stager.register(trace);
        FunctionCounter.builder("relaypod.trace.left.out", trace, Trace::dropped)
                .description(
                        "Events that the trace does not have: of a flood of refusals, when it was behind, or when it could not be written")
                .register(meters);
        Gauge.builder("relaypod.trace.size", trace, Trace::size)
                .baseUnit("bytes")
                .description("The trace's files")
                .register(meters);
        return Optional.of(trace);
    }

    @ProvidesIntoSet
    MailEventListener listener(Optional<Trace> trace) {
        return trace.<MailEventListener>map(on -> on).orElse(event -> {});
    }
}
