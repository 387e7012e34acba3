package io.relaypod.server.queue.inflight;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The mails that were in flight when a process died, in a file with a line for each. A mail that goes through is a
 * suspect no more. For one thread at a time.
 */
final class SuspectMails {

    private final Path file;
    private final Map<String, Suspect> suspects = new LinkedHashMap<>();

    /**
     * How often the process died while the mail was in flight.
     *
     * @param alone those times at which no other mail was
     */
    record Suspect(int deaths, int alone) {}

    private SuspectMails(Path file) {
        this.file = file;
    }

    /** Reads the file, if there is one. A line that is damaged is left out. */
    static SuspectMails read(Path file) throws IOException {
        SuspectMails suspects = new SuspectMails(file);
        if (Files.exists(file)) {
            for (String line : Files.readAllLines(file)) {
                List<String> fields = List.of(line.split(" "));
                if (fields.size() == 3
                        && fields.subList(0, 2).stream().allMatch(number -> number.matches("\\d{1,6}"))) {
                    suspects.suspects.put(
                            fields.get(2),
                            new Suspect(Integer.parseInt(fields.get(0)), Integer.parseInt(fields.get(1))));
                }
            }
        }
        return suspects;
    }

    /** Adds a death of the process to each. */
    void died(Collection<String> mails) throws IOException {
        boolean isAlone = mails.size() == 1;
        mails.forEach(mail -> suspects.merge(
                mail,
                new Suspect(1, isAlone ? 1 : 0),
                (before, now) -> new Suspect(before.deaths() + now.deaths(), before.alone() + now.alone())));
        write();
    }

    Optional<Suspect> find(String mail) {
        return Optional.ofNullable(suspects.get(mail));
    }

    int count() {
        return suspects.size();
    }

    void clear(String mail) throws IOException {
        if (suspects.remove(mail) != null) {
            write();
        }
    }

    private void write() throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".tmp");
        Files.write(
                next,
                suspects.entrySet().stream()
                        .map(entry -> entry.getValue().deaths() + " "
                                + entry.getValue().alone() + " " + entry.getKey())
                        .toList());
        Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    }
}
