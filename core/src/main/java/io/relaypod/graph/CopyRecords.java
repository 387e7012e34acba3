package io.relaypod.graph;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import io.relaypod.graph.CopyJournal.EntryKind;
import io.relaypod.graph.CopyJournal.JournalEntry;
import io.relaypod.graph.FollowedCopy.CopyPlace;
import io.relaypod.graph.GraphCopies.WaitingCopy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that is known of copies, in memory and in the {@link CopyJournal}. If the journal cannot be written, the relay
 * goes on without it. For one thread.
 */
final class CopyRecords implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(CopyRecords.class);

    private static final int MOST_FOLLOWED = 40_000;
    private static final int MOST_EXPECTED = 20_000;
    private static final int MOST_ANSWERED = 2_000;
    private static final int MOST_ANSWERED_RECIPIENTS = 20_000;
    private static final int SPARE_LINES = 5_000;

    private final CopyIndex index = new CopyIndex(MOST_FOLLOWED);
    private final ExpectedCopies expected = new ExpectedCopies(MOST_EXPECTED);
    private final AnsweredCopies answered = new AnsweredCopies(MOST_ANSWERED, MOST_ANSWERED_RECIPIENTS);
    // By mailbox, for those that Graph accepted last.
    private final Map<String, Instant> acceptedAt = new LinkedHashMap<>();
    private final CopyJournal journal;
    private boolean isBroken;

    CopyRecords(CopyJournal journal) {
        this.journal = journal;
    }

    CopyIndex index() {
        return index;
    }

    ExpectedCopies expected() {
        return expected;
    }

    AnsweredCopies answered() {
        return answered;
    }

    /**
     * Reads what an earlier process has seen.
     *
     * @return copies whose files were seen, by file name; they are in no directory's index yet
     */
    Map<String, JournalEntry> restore() throws IOException {
        Map<String, JournalEntry> seen = new LinkedHashMap<>();
        journal.read(entry -> {
            GraphCopy copy = entry.copy();
            if (entry.kind() != EntryKind.ANSWERED) {
                answered.forgetWithdrawn(copy, entry.at());
            }
            switch (entry.kind()) {
                case EXPECTED -> expected.add(copy, entry.at());
                case SEEN, FOREIGN -> {
                    expected.take(copy);
                    seen.put(copy.fileName(), entry);
                }
                case ANSWERED -> {
                    // The line of a file that was seen took its expectation. Another may be that of a later delivery.
                    if (copy.fileName().isEmpty()) {
                        expected.take(copy);
                    }
                    seen.remove(copy.fileName());
                    answered.add(new CopyChange(copy, entry.state(), entry.at(), Optional.empty()));
                }
            }
        });
        return seen;
    }

    /** Follows a copy that an earlier process has seen. */
    void add(JournalEntry seen, CopyPlace place) {
        FollowedCopy followed = new FollowedCopy(seen.copy(), place, seen.at(), seen.kind() == EntryKind.SEEN);
        followed.recorded(seen.state());
        if (followed.isOurs() || index.hasRoom(place)) {
            index.add(followed);
        }
    }

    /**
     * Follows a copy.
     *
     * @param hasArrived whether its file was seen to arrive
     * @return false if there are too many
     */
    boolean add(FollowedCopy followed, boolean hasArrived) {
        if (hasArrived) {
            followed.delivered(followed.deliveredAt());
        }
        boolean isAdded = index.add(followed);
        if (isAdded && followed.place() != CopyPlace.TEMP) {
            expected.take(followed.copy()).ifPresent(followed::delivered);
            record(followed);
        }
        return isAdded;
    }

    /** The file is in another directory. */
    void move(FollowedCopy followed, CopyPlace place) {
        followed.moveTo(place);
        if (place == CopyPlace.QUEUE) {
            expected.take(followed.copy()).ifPresent(followed::delivered);
            record(followed);
        }
    }

    /** The copy is in another state; recorded if the state decides whether a file that vanishes was accepted. */
    void changed(FollowedCopy followed) {
        if (followed.place() != CopyPlace.TEMP
                && mayBeAccepted(recordable(followed)) != mayBeAccepted(followed.recorded())) {
            record(followed);
        }
    }

    /** Whether smtp2graph attempts a copy of this state, so that the file may vanish because Graph accepted it. */
    static boolean mayBeAccepted(CopyState state) {
        return state == CopyState.QUEUED || state == CopyState.DEFERRED;
    }

    /** Writes the copy as it is known now. */
    void record(FollowedCopy followed) {
        append(seen(followed));
    }

    // What the relay took out of queue/ failed before, and is not attempted.
    private static CopyState recordable(FollowedCopy followed) {
        if (followed.place() == CopyPlace.RELAY) {
            return CopyState.STUCK;
        }
        return followed.isPolled() ? CopyState.DEFERRED : followed.state();
    }

    /** The file is in no directory. */
    void drop(FollowedCopy followed) {
        index.remove(followed.fileName());
    }

    /** The copy has its final state. */
    void answered(GraphCopy copy, CopyState state, Instant at) {
        answered.add(new CopyChange(copy, state, at, Optional.empty()));
        if (state == CopyState.ACCEPTED) {
            acceptedAt.remove(copy.mailbox());
            acceptedAt.put(copy.mailbox(), at);
            if (acceptedAt.size() > MOST_ANSWERED) {
                acceptedAt.remove(acceptedAt.keySet().iterator().next());
            }
        }
        append(new JournalEntry(EntryKind.ANSWERED, copy, state, at));
    }

    /** When Graph last accepted a copy of the mailbox, since the start. */
    Optional<Instant> acceptedAt(String mailbox) {
        return Optional.ofNullable(acceptedAt.get(mailbox));
    }

    /** Expects the file of a copy, unless it has been seen or answered. */
    void expect(GraphCopy wanted, Instant deliveredAt) {
        answered.forgetWithdrawn(wanted, deliveredAt);
        Optional<FollowedCopy> seen = index.copyOf(wanted).filter(copy -> isOfDelivery(copy, deliveredAt));
        if (seen.isPresent()) {
            seen.get().delivered(deliveredAt);
        } else if (!answered.isAnswered(wanted, deliveredAt)) {
            expected.add(wanted, deliveredAt);
            append(expectation(wanted, deliveredAt));
        }
    }

    private static JournalEntry expectation(GraphCopy wanted, Instant deliveredAt) {
        return new JournalEntry(EntryKind.EXPECTED, wanted, CopyState.EXPECTED, deliveredAt);
    }

    // smtp2graph may have given up a copy of an earlier delivery.
    private static boolean isOfDelivery(FollowedCopy copy, Instant deliveredAt) {
        return switch (copy.place()) {
            case TEMP -> false;
            case QUEUE, RELAY -> true;
            case FAILED -> ExpectedCopies.isOfDelivery(copy.deliveredAt(), deliveredAt);
        };
    }

    private static JournalEntry seen(FollowedCopy followed) {
        followed.recorded(recordable(followed));
        return new JournalEntry(
                followed.isOurs() ? EntryKind.SEEN : EntryKind.FOREIGN,
                followed.copy(),
                followed.recorded(),
                followed.deliveredAt());
    }

    private void append(JournalEntry entry) {
        try {
            journal.append(entry);
        } catch (IOException failed) {
            broken(failed);
        }
    }

    /** Writes what was appended, and shortens the journal if most of it is outdated. */
    void flush() {
        try {
            if (isBroken) {
                journal.rewrite(entries());
                isBroken = false;
                LOGGER.info("event=graph-journal-written");
            } else {
                journal.flush();
                if (journal.lines()
                        > SPARE_LINES + 3 * (index.size() + expected.all().size())) {
                    journal.rewrite(entries());
                }
            }
        } catch (IOException failed) {
            broken(failed);
        }
    }

    @Override
    public void close() throws IOException {
        flush();
        journal.close();
    }

    /** Whether the journal has all that is known. */
    boolean isWritten() {
        return !isBroken;
    }

    private void broken(IOException failed) {
        if (!isBroken) {
            LOGGER.warn(
                    "event=graph-journal-failed reason=\"{}\" effect=\"copies may be sent twice after a restart\"",
                    failed.toString());
        }
        isBroken = true;
    }

    private List<JournalEntry> entries() {
        List<JournalEntry> entries = new ArrayList<>();
        answered.all()
                .forEach(change ->
                        entries.add(new JournalEntry(EntryKind.ANSWERED, change.copy(), change.state(), change.at())));
        index.all().stream()
                .filter(followed -> followed.place() != CopyPlace.TEMP)
                .forEach(followed -> entries.add(seen(followed)));
        expected.all().forEach((copy, at) -> entries.add(expectation(copy, at)));
        return entries;
    }

    /** The last change of a copy that is not accepted; see {@link GraphCopies#find}. */
    Optional<CopyChange> find(GraphCopy wanted) {
        // If the 250 of one in temp/ was given, it is expected; if not, the gateway has refused it.
        // What smtp2graph gave up before it was followed is sent only when told.
        Optional<FollowedCopy> followed = index.copyOf(wanted)
                .filter(copy -> copy.place() != CopyPlace.TEMP)
                .filter(copy -> copy.place() != CopyPlace.FAILED || copy.isOurs());
        return followed.filter(copy -> copy.place() != CopyPlace.FAILED)
                .map(CopyRecords::last)
                .or(() -> expectedChanges()
                        .filter(change -> change.copy().isOf(wanted))
                        .findFirst())
                .or(() -> followed.map(CopyRecords::last))
                .or(() -> answered.of(wanted).filter(last -> last.state() == CopyState.WITHDRAWN));
    }

    /** Copies that are not accepted, the longest waiting first. */
    List<WaitingCopy> waiting(int limit) {
        return Stream.concat(
                        expectedChanges().map(change -> new WaitingCopy(change, change.at(), 0)),
                        index.all().stream()
                                .map(copy -> new WaitingCopy(last(copy), copy.deliveredAt(), copy.attempts())))
                .sorted(Comparator.comparing(WaitingCopy::deliveredAt))
                .limit(limit)
                .toList();
    }

    /** When Mailpit accepted the longest waiting of them. */
    Optional<Instant> oldest() {
        return Stream.concat(
                        expected.all().values().stream(), index.all().stream().map(FollowedCopy::deliveredAt))
                .min(Comparator.naturalOrder());
    }

    /** Expected copies that have no file in {@code temp/} either, and when Mailpit accepted them. */
    Map<GraphCopy, Instant> expectedWithoutFile() {
        Map<GraphCopy, Instant> without = new LinkedHashMap<>(expected.all());
        without.keySet()
                .removeIf(copy -> index.copyOf(copy)
                        .filter(followed -> followed.place() == CopyPlace.TEMP)
                        .isPresent());
        return without;
    }

    private Stream<CopyChange> expectedChanges() {
        return expected.all().entrySet().stream()
                .map(each -> new CopyChange(each.getKey(), CopyState.EXPECTED, each.getValue(), Optional.empty()));
    }

    private static CopyChange last(FollowedCopy copy) {
        return copy.change(copy.attemptedAt());
    }
}
