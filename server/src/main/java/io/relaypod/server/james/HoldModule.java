package io.relaypod.server.james;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import javax.inject.Provider;
import javax.inject.Singleton;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import com.google.inject.multibindings.ProvidesIntoSet;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.graph.GraphListener;
import io.relaypod.hold.GraphHold;
import io.relaypod.hold.HoldSettings;
import io.relaypod.server.files.DurableFile;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.graph.HoldMeters;
import io.relaypod.server.settings.Settings;
import io.relaypod.throttle.SendingRate;
import io.relaypod.throttle.SteadyClock;

/** Messages stay in the outgoing queue until Graph has accepted them, if smtp2graph's directory is known. */
final class HoldModule extends AbstractModule {

    @Provides
    @Singleton
    Optional<GraphHold> hold(Settings settings, Provider<GraphService> follower, MeterRegistry meters)
            throws IOException {
        if (settings.smtp2graph().isEmpty()) {
            return Optional.empty();
        }
        GraphHold hold = new GraphHold(
                () -> follower.get().copies().orElseThrow(),
                new HoldSettings(
                        settings.smtp2graph().get().window(),
                        settings.upstreamRate().map(HoldModule::perMinute),
                        relay(settings.dataDir())),
                new SteadyClock());
        HoldMeters.register(hold, meters);
        return Optional.of(hold);
    }

    /** Hears of each change of a copy. */
    @ProvidesIntoSet
    GraphListener changes(Optional<GraphHold> hold) {
        return hold.<GraphListener>map(held -> held).orElse(change -> {});
    }

    private static double perMinute(SendingRate rate) {
        return rate.mails() * 60_000.0 / rate.per().toMillis();
    }

    /** A name of this relay that outlives a restart and moves with its data. */
    static String relay(Path dataDir) throws IOException {
        Path file = dataDir.resolve("graph").resolve("relay");
        // An earlier build left an empty file if it was ended while it wrote it.
        if (!Files.exists(file) || Files.size(file) == 0) {
            Files.createDirectories(file.getParent());
            byte[] name = (UUID.randomUUID() + "\n").getBytes(StandardCharsets.US_ASCII);
            DurableFile.replace(file, out -> out.write(name));
        }
        return Files.readString(file, StandardCharsets.US_ASCII).strip();
    }
}
