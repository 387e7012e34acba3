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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.relaypod.quota.RecipientQuota;
import io.relaypod.quota.RecipientQuota.QuotaCount;
import io.relaypod.server.files.DurableFile;
import io.relaypod.server.threads.ServerThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves the counts every ten seconds, if they have changed, and at the stop. A crash loses those of the last seconds.
 * The file has a line {@code QUARTER COUNT MAILBOX} for each mailbox and quarter of an hour; the lines of the tenant
 * have no mailbox. Thread-safe.
 */
public final class QuotaStore implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(QuotaStore.class);

    private static final Duration SAVE_EVERY = Duration.ofSeconds(10);
    private static final Pattern LINE =
            Pattern.compile("(?<quarter>\\d{1,12}) (?<count>\\d{1,9})(?: (?<mailbox>\\S+))?");
    // 5,000 mailboxes with a line for each quarter of a day would have about 500,000.
    private static final int MOST_LINES = 1_000_000;

    private final Path file;
    private final RecipientQuota quota;
    private long saved;

    /** Restores the counts that were saved, unless they cannot be read. */
    public QuotaStore(Path file, RecipientQuota quota) {
        this.file = file;
        this.quota = quota;
        if (quota.isLimited()) {
            quota.restore(load());
        }
        this.saved = quota.changes();
    }

    /** Begins to save. */
    public void start(ServerThreads threads) {
        if (quota.isLimited()) {
            threads.schedule("quotas", SAVE_EVERY, this::save);
        }
    }

    private List<QuotaCount> load() {
        if (!Files.exists(file)) {
            return List.of();
        }
        List<QuotaCount> counts = new ArrayList<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.limit(MOST_LINES)
                    .map(LINE::matcher)
                    .filter(Matcher::matches)
                    .forEach(line -> count(line).ifPresent(counts::add));
        } catch (IOException | UncheckedIOException unreadable) {
            LOGGER.warn(
                    "event=quotas-unreadable file={} reason=\"{}\" next=\"counted from what could be read\"",
                    file,
                    unreadable.getMessage());
        }
        return counts;
    }

    private static Optional<QuotaCount> count(Matcher line) {
        try {
            return Optional.of(new QuotaCount(
                    Optional.ofNullable(line.group("mailbox"))
                            .map(mailbox -> URLDecoder.decode(mailbox, StandardCharsets.UTF_8)),
                    Long.parseLong(line.group("quarter")),
                    Integer.parseInt(line.group("count"))));
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
        for (QuotaCount count : quota.counts()) {
            lines.write((line(count) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        lines.flush();
    }

    private static String line(QuotaCount count) {
        return count.quarter() + " " + count.count()
                + count.mailbox()
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
