package io.relaypod.graph;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

import io.relaypod.address.EmailAddress;

/**
 * One copy of a message, as smtp2graph has it in one file.
 *
 * <p>How a copy is identified: the relay writes the queue id into the Received field that it added ({@code by HOST
 * (JAMES SMTP Server ) with ESMTP id Mail1764223496123-3b1c...-!1}), before the copy leaves. Mailpit and smtp2graph put
 * fields above it and keep the field. The first Received field of this form is ours: those below came with the message.
 *
 * <p>A queue id is that of one copy: SplitRecipients appends {@code -!N} for each part of a split. It is in more than
 * one file in three cases, which the recipients tell apart. The gateway refused one recipient, so that each of the
 * others got a transaction of its own. A retry after a partial delivery sends to the recipients that are left. A
 * message is sent again after a crash, or by an operator; then the recipients are the same too.
 *
 * @param fileName in smtp2graph's directories, such as {@code rqx5m6ggbhekdxj5.eml}; empty for a copy that no file is
 *     known of
 * @param queueId ours, from the Received field; empty if the file did not come from a relay
 * @param instance host name in the Received field, which is the relay that sent the copy; empty without it
 * @param recipients addresses in To, Cc and Bcc, in lower case and in order, without doubles; smtp2graph adds to Bcc
 *     whom the others do not list, so every recipient of the envelope is among them
 * @param mailbox from which smtp2graph sends, in lower case; empty if there is none
 */
public record GraphCopy(
        String fileName, Optional<String> queueId, Optional<String> instance, List<String> recipients, String mailbox) {

    /** Keeps its own copy of the recipients. */
    public GraphCopy {
        recipients = List.copyOf(recipients);
    }

    /** A copy of which no file is known. */
    static GraphCopy of(String queueId, List<String> recipients) {
        return new GraphCopy("", Optional.of(queueId), Optional.empty(), normalized(recipients), "");
    }

    private static List<String> normalized(List<String> recipients) {
        return recipients.stream()
                .map(recipient -> recipient.toLowerCase(Locale.ROOT))
                .sorted()
                .distinct()
                .toList();
    }

    /** What is known of the copy before its file. */
    GraphCopy withoutFile() {
        return new GraphCopy("", queueId, Optional.empty(), recipients, "");
    }

    /** Whether the copy has the wanted queue id and all of the wanted recipients, in whatever spelling. */
    boolean isOf(GraphCopy wanted) {
        return queueId.isPresent() && queueId.equals(wanted.queueId()) && isFor(wanted.recipients());
    }

    /** Whether all of these are recipients of the copy, in whatever spelling. */
    public boolean isFor(List<String> others) {
        return recipients.containsAll(others) || new HashSet<>(comparable(recipients)).containsAll(comparable(others));
    }

    /** The addresses in the form in which two spellings of one are equal; see {@link EmailAddress}. */
    public static List<String> comparable(List<String> addresses) {
        return addresses.stream().map(GraphCopy::comparable).toList();
    }

    private static String comparable(String address) {
        return isPlain(address)
                ? address
                : EmailAddress.parse(address)
                        .map(EmailAddress::toString)
                        .orElseGet(() -> address.toLowerCase(Locale.ROOT));
    }

    // By hand, as a mail to many is compared with each of its copies.
    private static boolean isPlain(String address) {
        for (int at = 0; at < address.length(); at++) {
            char character = address.charAt(at);
            boolean isPlain = character >= 'a' && character <= 'z'
                    || character >= '0' && character <= '9'
                    || "@.-_+".indexOf(character) >= 0;
            if (!isPlain) {
                return false;
            }
        }
        return !address.endsWith(".");
    }
}
