package io.relaypod.address;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.Supplier;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An admin's list of domains in a file. {@link #reloadIfChanged()} takes a changed file; one that cannot be read leaves
 * the old list as it is and is reported once. Thread-safe.
 *
 * @see DomainSet#parse
 */
public final class DomainListFile implements Supplier<DomainSet> {

    private static final Logger LOGGER = LoggerFactory.getLogger(DomainListFile.class);

    private final Path file;
    private FileVersion version;
    private boolean missing;
    private volatile DomainSet domains;

    /** Identifies the content of a file. A mounted ConfigMap changes the target of a link. */
    private record FileVersion(Object file, FileTime modified, long size) {

        static FileVersion of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileVersion(
                    String.valueOf(attributes.fileKey()), attributes.lastModifiedTime(), attributes.size());
        }
    }

    /** @throws IllegalArgumentException when the file cannot be read or a line of it is wrong */
    public DomainListFile(Path file) {
        this.file = file;
        try {
            this.version = FileVersion.of(file);
            this.domains = DomainSet.parse(Files.readAllLines(file));
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(file + " cannot be read: " + unreadable.getMessage(), unreadable);
        } catch (IllegalArgumentException wrongLine) {
            throw new IllegalArgumentException(file + ": " + wrongLine.getMessage(), wrongLine);
        }
    }

    @Override
    public DomainSet get() {
        return domains;
    }

    /** Looks whether the file has changed, and takes it if so. */
    public synchronized void reloadIfChanged() {
        try {
            FileVersion found = FileVersion.of(file);
            if (found.equals(version)) {
                missing = false;
                return;
            }
            version = found;
            domains = DomainSet.parse(Files.readAllLines(file));
            LOGGER.info("event=domain-list-reloaded file={} entries={}", file, domains.size());
            missing = false;
        } catch (IOException gone) {
            if (!missing) {
                keep(gone);
            }
            missing = true;
        } catch (IllegalArgumentException wrong) {
            keep(wrong);
        }
    }

    private void keep(Exception wrong) {
        LOGGER.error(
                "event=domain-list-kept file={} entries={} reason=\"{}\"", file, domains.size(), wrong.getMessage());
    }
}
