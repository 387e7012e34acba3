package io.relaypod.server.james;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.mailrepository.api.MailRepositoryUrlStore;

/**
 * Remembers across restarts which mail repositories there are, a URL a line, so that webadmin lists what failed before
 * the last start. Thread-safe.
 */
public final class FileMailRepositoryUrlStore implements MailRepositoryUrlStore {

    private final Path file;
    private final Set<MailRepositoryUrl> urls = ConcurrentHashMap.newKeySet();

    /**
     * @param file made with its directory when there is none
     * @throws UncheckedIOException when it cannot be read or made
     */
    public FileMailRepositoryUrlStore(Path file) {
        this.file = file;
        try {
            Files.createDirectories(file.getParent());
            if (Files.exists(file)) {
                Files.readAllLines(file).stream()
                        .filter(line -> !line.isBlank())
                        .map(MailRepositoryUrl::from)
                        .forEach(urls::add);
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException("cannot read the list of mail repositories: " + file, unreadable);
        }
    }

    @Override
    public synchronized void add(MailRepositoryUrl url) {
        if (!urls.add(url)) {
            return;
        }
        try {
            Files.writeString(
                    file,
                    url.asString() + "\n",
                    StandardCharsets.UTF_8,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND,
                    StandardOpenOption.SYNC);
        } catch (IOException unwritable) {
            urls.remove(url);
            throw new UncheckedIOException("cannot add to the list of mail repositories: " + file, unwritable);
        }
    }

    @Override
    public Stream<MailRepositoryUrl> listDistinct() {
        return urls.stream();
    }

    @Override
    public boolean contains(MailRepositoryUrl url) {
        return urls.contains(url);
    }
}
