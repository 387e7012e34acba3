package io.relaypod.server.quota;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.quota.RecipientQuota;
import io.relaypod.quota.RecipientQuota.QuotaCounts;
import io.relaypod.server.files.DurableFile;
import io.relaypod.server.threads.ServerThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves the counts every ten seconds, if they have changed, and at the stop. A crash loses those of the last seconds.
 * The file has a line {@code QUARTER:COUNT,QUARTER:COUNT MAILBOX} for each mailbox; the tenant's line has no mailbox.
 * It is written and read a line at a time. Thread-safe.
 */
public final class QuotaStore implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(QuotaStore.class);

    private static final Duration SAVE_EVERY = Duration.ofSeconds(10);
    private static final Pattern LINE =
            Pattern.compile("(?<counts>\\d{1,12}:\\d{1,9}(?:,\\d{1,12}:\\d{1,9}){0,100})(?: (?<mailbox>\\S{1,2000}))?");
    private static final int MOST_LINES = 100_000;

    private final Path file;
    private final RecipientQuota quota;
    private long saved;

    /** Restores the counts that were saved, unless they cannot be read. */
    public QuotaStore(Path file, RecipientQuota quota) {
        this.file = file;
        this.quota = quota;
        if (quota.isLimited()) {
            restore();
        }
        this.saved = quota.changes();
    }

    /** Begins to save. */
    public void start(ServerThreads threads) {
        if (quota.isLimited()) {
            threads.schedule("quotas", SAVE_EVERY, this::save);
        }
    }

    private void restore() {
        if (!Files.exists(file)) {
            return;
        }
        try (Stream<String> lines = Files.lines(file)) {
            lines.limit(MOST_LINES)
                    .map(LINE::matcher)
                    .filter(Matcher::matches)
                    .forEach(line -> counts(line).ifPresent(quota::restore));
        } catch (IOException | UncheckedIOException unreadable) {
            LOGGER.warn(
                    "event=quotas-unreadable file={} reason=\"{}\" next=\"counted from what could be read\"",
                    file,
                    unreadable.getMessage());
        }
    }

    private static Optional<QuotaCounts> counts(Matcher line) {
        try {
            NavigableMap<Long, Integer> byQuarter = new TreeMap<>();
            for (String one : line.group("counts").split(",", -1)) {
                int colon = one.indexOf(':');
                byQuarter.put(Long.valueOf(one.substring(0, colon)), Integer.valueOf(one.substring(colon + 1)));
            }
            return Optional.of(new QuotaCounts(
                    Optional.ofNullable(line.group("mailbox"))
                            .map(mailbox -> URLDecoder.decode(mailbox, StandardCharsets.UTF_8)),
                    byQuarter));
        } catch (IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    /** Saves the counts, if they have changed. A disk that is full does not stop mail. */
    synchronized void save() {
        long current = quota.changes();
        if (current == saved) {
            return;
        }
        try {
            DurableFile.replace(file, this::write);
            saved = current;
        } catch (IOException notSaved) {
            LOGGER.warn("event=quotas-not-saved file={} reason=\"{}\"", file, notSaved.getMessage());
        }
    }

    private void write(OutputStream out) throws IOException {
        BufferedOutputStream lines = new BufferedOutputStream(out);
        for (QuotaCounts counts : (Iterable<QuotaCounts>) quota.counts()::iterator) {
            lines.write((line(counts) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        lines.flush();
    }

    private static String line(QuotaCounts counts) {
        return counts.byQuarter().entrySet().stream()
                        .map(quarter -> quarter.getKey() + ":" + quarter.getValue())
                        .collect(Collectors.joining(","))
                + counts.mailbox()
                        .map(mailbox -> " " + URLEncoder.encode(mailbox, StandardCharsets.UTF_8))
                        .orElse("");
    }

    @Override
    public void close() {
        if (quota.isLimited()) {
            save();
        }
    }
}
