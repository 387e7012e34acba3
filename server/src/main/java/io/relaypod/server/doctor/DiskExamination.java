package io.relaypod.server.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import io.relaypod.server.notify.DiskIncidentCheck;

/** Whether the queue's disk has room. */
public final class DiskExamination implements Examination {

    private static final String SUBJECT = "disk";
    private static final long RESERVE = 64L << 20;

    private final Path directory;

    /** @param directory DATA_DIR */
    public DiskExamination(Path directory) {
        this.directory = directory;
    }

    @Override
    public List<Finding> examine() {
        if (!Files.isDirectory(directory)) {
            return List.of(Finding.warning(
                    SUBJECT,
                    directory + " (DATA_DIR) does not exist here",
                    "Run this command where the relay runs, with its environment."));
        }
        try {
            return List.of(finding(Files.getFileStore(directory).getUsableSpace()));
        } catch (IOException unknown) {
            return List.of(Finding.warning(SUBJECT, "unknown: " + unknown.getMessage(), "Check the volume."));
        }
    }

    private Finding finding(long free) {
        String words = (free >> 20) + " MiB are free for " + directory;
        String cure = "Enlarge the volume, or delete what fills it. docs/alerts.md#relaypoddiskfilling";
        if (free < RESERVE) {
            return Finding.fault(SUBJECT, words + "; new messages get 452", cure);
        }
        return free < DiskIncidentCheck.ENOUGH ? Finding.warning(SUBJECT, words, cure) : Finding.ok(SUBJECT, words);
    }
}
