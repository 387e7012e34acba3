package io.relaypod.server.trace;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.hash.BloomFilter;
import com.google.common.hash.Funnels;

/** By what an entry can be found: its ids, and each of its addresses with its domain. */
final class TraceTerms {

    // James names a mail after the time and a UUID, and a copy after its mail.
    private static final Pattern ORIGINAL = Pattern.compile("Mail\\d+-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private static final Pattern BEGINNING = Pattern.compile("Mail\\d{13}");

    private static final double FALSE_POSITIVES = 0.01;

    private TraceTerms() {}

    /** A filter that says of most terms which are not in it that they are not. */
    static BloomFilter<CharSequence> filter(int terms) {
        return BloomFilter.create(Funnels.stringFunnel(StandardCharsets.UTF_8), terms, FALSE_POSITIVES);
    }

    static void of(TraceEntry entry, Consumer<String> consumer) {
        consumer.accept(original(entry.id()));
        beginning(entry.id()).ifPresent(consumer);
        if (!entry.session().isEmpty()) {
            consumer.accept(entry.session());
        }
        if (!entry.messageId().isEmpty()) {
            consumer.accept(TraceQuery.bare(entry.messageId()));
        }
        address(entry.sender(), consumer);
        entry.recipients().forEach(recipient -> address(recipient, consumer));
    }

    private static void address(String address, Consumer<String> consumer) {
        if (!address.isEmpty()) {
            String lower = TraceQuery.lower(address);
            consumer.accept(lower);
            consumer.accept(lower.substring(Math.max(0, lower.lastIndexOf('@'))));
        }
    }

    /** What an id, or enough of its beginning, says of when the mail came. */
    static Optional<String> beginning(String id) {
        Matcher beginning = BEGINNING.matcher(id);
        return beginning.lookingAt() ? Optional.of(beginning.group()) : Optional.empty();
    }

    /** Whether the id is one as a mail has it, and not its beginning. */
    static boolean isWhole(String id) {
        return ORIGINAL.matcher(id).lookingAt();
    }

    /** The queue id of the mail that this is a copy of, or is. */
    static String original(String id) {
        Matcher original = ORIGINAL.matcher(id);
        return original.lookingAt() ? original.group() : id;
    }
}
