package io.relaypod.server.settings;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The value that mounted files have, read again when they change. If the files cannot be used, the previous value stays
 * in force, and {@link #isOutdated} is true. Each such content is logged once. Contents are compared, not times,
 * because Kubernetes replaces a link to the files. Thread-safe.
 */
public final class MountedFiles<T> implements Supplier<T> {

    private static final Logger LOGGER = LoggerFactory.getLogger(MountedFiles.class);

    private final String name;
    private final List<Path> files;
    private final Supplier<T> reader;
    private List<ByteBuffer> seen;
    private String complaint = "";
    private volatile T value;
    private volatile boolean outdated;

    /**
     * @param name for the log, such as {@code smtp-users}
     * @param files that the reader reads
     * @param reader throws {@link IllegalArgumentException} if they cannot be used, with a message without secrets
     * @throws IllegalArgumentException if they cannot be used now
     */
    public MountedFiles(String name, List<Path> files, Supplier<T> reader) {
        this.name = name;
        this.files = List.copyOf(files);
        this.reader = reader;
        this.seen = contents();
        this.value = reader.get();
    }

    @Override
    public T get() {
        return value;
    }

    /** Whether the files cannot be used, so that the value of an earlier content is in force. */
    public boolean isOutdated() {
        return outdated;
    }

    /** Reads the files, and replaces the value if they have changed. */
    public synchronized void reloadIfChanged() {
        List<ByteBuffer> found;
        try {
            found = contents();
        } catch (IllegalArgumentException unreadable) {
            keep(unreadable);
            seen = List.of();
            return;
        }
        if (seen.equals(found)) {
            return;
        }
        seen = found;
        try {
            value = reader.get();
            outdated = false;
            complaint = "";
            LOGGER.info("event={}-reloaded files={}", name, files);
        } catch (RuntimeException wrong) {
            keep(wrong);
        }
    }

    private void keep(RuntimeException wrong) {
        outdated = true;
        // The message of any other exception may have secrets.
        String reason = wrong instanceof IllegalArgumentException
                ? String.valueOf(wrong.getMessage())
                : wrong.getClass().getName();
        if (!complaint.equals(reason)) {
            complaint = reason;
            LOGGER.error("event={}-kept files={} reason=\"{}\"", name, files, complaint);
        }
    }

    private List<ByteBuffer> contents() {
        return files.stream().map(TextFile::bytes).map(ByteBuffer::wrap).toList();
    }
}
