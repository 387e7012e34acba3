package io.relaypod.graph;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.common.io.ByteStreams;
import io.relaypod.address.AddressList;
import io.relaypod.headers.SendingMailbox;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import io.relaypod.mime.TraceInformation;

/**
 * The header of a file of smtp2graph. Immutable.
 *
 * @param copy what the header says of the copy
 * @param returnPath sender of the envelope, from Mailpit's Return-Path; empty if it has none
 * @param start where the message begins that the relay sent, behind the fields that Mailpit and smtp2graph added; 0 for
 *     a message that did not come from a relay
 */
public record CopyHeader(GraphCopy copy, String returnPath, long start) {

    /** As much of a file is read, in bytes: twice the longest header that the relay sends. */
    static final int LONGEST = 1 << 20;

    private static final int MOST_RECIPIENTS = 5_000;
    private static final String RECEIVED = "received";
    private static final Set<String> RECIPIENTS = Set.of("to", "cc", "bcc");
    private static final Set<String> SENDERS = Set.of("from", "sender");
    private static final Set<String> FIELDS = Set.of(RECEIVED, "return-path", "to", "cc", "bcc", "from", "sender");
    private static final String QUEUE_ID = "Mail\\d{1,19}-[0-9A-Za-z!-]{1,200}";
    private static final Pattern FOLLOWED = Pattern.compile(QUEUE_ID);
    private static final Pattern OURS = Pattern.compile(
            "\\n[ \\t]+by (\\S{1,255})" + TraceInformation.WITH_JAMES + " id (" + QUEUE_ID + ")(?=[;\\s])");

    /** @throws IOException if the file cannot be read; it may have been moved or deleted */
    static CopyHeader read(Path file) throws IOException {
        HeaderSection header = HeaderSection.read(() -> bounded(file), FIELDS);
        Optional<HeaderField> received = header.named(RECEIVED).stream()
                .filter(field -> OURS.matcher(field.raw()).find())
                .findFirst();
        Optional<Matcher> ours =
                received.map(field -> OURS.matcher(field.raw())).filter(Matcher::find);
        return new CopyHeader(
                new GraphCopy(
                        String.valueOf(file.getFileName()),
                        ours.map(found -> found.group(2)),
                        ours.map(found -> found.group(1)),
                        recipients(header),
                        SendingMailbox.of(only(header, SENDERS), "")),
                header.named("return-path").stream()
                        .findFirst()
                        .map(field -> field.value().strip())
                        .filter(path -> path.startsWith("<") && path.endsWith(">"))
                        .map(path -> path.substring(1, path.length() - 1))
                        .orElse(""),
                received.map(HeaderField::start).orElse(0L));
    }

    /** The queue id by which smtp2graph's file of a message will be known; empty without one. */
    public static Optional<String> queueId(MessageSource message) throws IOException {
        return HeaderSection.read(message, Set.of(RECEIVED)).named(RECEIVED).stream()
                .map(field -> OURS.matcher(field.raw()))
                .filter(Matcher::find)
                .map(found -> found.group(2))
                .findFirst();
    }

    /** Whether a file can be known by this queue id. */
    public static boolean isFollowed(String queueId) {
        return FOLLOWED.matcher(queueId).matches();
    }

    private static InputStream bounded(Path file) throws IOException {
        return ByteStreams.limit(Files.newInputStream(file), LONGEST);
    }

    private static HeaderSection only(HeaderSection header, Set<String> names) {
        return new HeaderSection(
                header.fields().stream()
                        .filter(field -> names.contains(field.name()))
                        .toList(),
                header.end());
    }

    private static List<String> recipients(HeaderSection header) {
        return only(header, RECIPIENTS).fields().stream()
                .flatMap(field -> AddressList.parse(field.value()).stream())
                .flatMap(list -> list.mailboxes().stream())
                .filter(mailbox -> mailbox.address().isPresent())
                .map(mailbox -> AddressList.utf8(mailbox.written()).toLowerCase(Locale.ROOT))
                .distinct()
                .sorted()
                .limit(MOST_RECIPIENTS)
                .toList();
    }
}
