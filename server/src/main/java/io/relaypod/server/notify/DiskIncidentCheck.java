package io.relaypod.server.notify;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.settings.Settings;

/** Whether less is free on the disk of DATA_DIR than the alert RelaypodDiskFilling allows. */
public final class DiskIncidentCheck implements IncidentCheck {

    /** Free bytes below which the disk is nearly full; four times what the queue keeps free. */
    public static final long ENOUGH = 256L << 20;

    private final Path directory;

    @Inject
    public DiskIncidentCheck(Settings settings) {
        this(settings.dataDir());
    }

    DiskIncidentCheck(Path directory) {
        this.directory = directory;
    }

    @Override
    public IncidentKind kind() {
        return IncidentKind.DISK;
    }

    @Override
    public Optional<String> problem() {
        try {
            long free = Files.getFileStore(directory).getUsableSpace();
            return free >= ENOUGH
                    ? Optional.empty()
                    : Optional.of((free >> 20) + " MiB are free in " + directory + ", less than " + (ENOUGH >> 20));
        } catch (IOException unknown) {
            throw new UncheckedIOException(unknown);
        }
    }
}
