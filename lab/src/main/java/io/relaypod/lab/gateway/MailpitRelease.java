package io.relaypod.lab.gateway;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import com.google.common.collect.ImmutableList;

/** The releases of Mailpit that relaypod is tested with, and the differences between their SMTP servers. */
public enum MailpitRelease {
    /** The oldest supported release. */
    V1_28_3("v1.28.3", List.of("SIZE 0", "ENHANCEDSTATUSCODES", "SMTPUTF8"), Integer.MAX_VALUE, Integer.MAX_VALUE) {
        @Override
        Optional<String> sequenceError(boolean greeted, boolean hasRecipients) {
            return Optional.empty();
        }

        @Override
        Optional<String> addressError(String argument, String address, boolean isAddress) {
            boolean refused = !isAddress || address.lastIndexOf('@') > 64 || address.length() > 256;
            return refused ? Optional.of(argument) : Optional.empty();
        }
    },
    /** The release that the manifests pin. */
    V1_30_5("v1.30.5", List.of("SIZE 52428800", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8"), 52_428_800, 2048) {
        @Override
        Optional<String> sequenceError(boolean greeted, boolean hasRecipients) {
            if (!greeted) {
                return Optional.of("503 5.5.1 Bad sequence of commands (HELO/EHLO required before MAIL)");
            }
            return hasRecipients
                    ? Optional.of("503 5.5.1 Bad sequence of commands (RSET/HELO/EHLO required before MAIL)")
                    : Optional.empty();
        }

        @Override
        Optional<String> addressError(String argument, String address, boolean isAddress) {
            if (!isAddress) {
                return Optional.of("553 5.1.3 The address is not a valid RFC 5321 address");
            }
            return address.length() > 1024 ? Optional.of("500 The address is too long") : Optional.empty();
        }
    };

    private final String version;
    private final ImmutableList<String> extensions;
    private final int maxSize;
    private final int maxCommand;

    MailpitRelease(String version, List<String> extensions, int maxSize, int maxCommand) {
        this.version = version;
        this.extensions = ImmutableList.copyOf(extensions);
        this.maxSize = maxSize;
        this.maxCommand = maxCommand;
    }

    /** The release that the manifests and the Compose file pin. */
    public static MailpitRelease pinned() {
        return V1_30_5;
    }

    /** The newest known release that is not newer than a version as Mailpit reports it. */
    static MailpitRelease of(String reported) {
        String number = reported.replaceFirst("^v", "");
        return Arrays.stream(values())
                .filter(release -> Arrays.compare(parts(release.version.substring(1)), parts(number)) <= 0)
                .reduce((older, newer) -> newer)
                .orElseThrow(() -> new IllegalArgumentException("Mailpit " + reported + " is older than "
                        + V1_28_3.version + ", the oldest that relaypod is tested with"));
    }

    /** The version in the form of the image's tag. */
    public String version() {
        return version;
    }

    List<String> extensions() {
        return extensions;
    }

    /** Largest message, in bytes. */
    int maxSize() {
        return maxSize;
    }

    /** Longest command line, in bytes, CRLF included. */
    int maxCommand() {
        return maxCommand;
    }

    /** The reply to a MAIL command in a bad sequence. */
    abstract Optional<String> sequenceError(boolean greeted, boolean hasRecipients);

    /**
     * The reply to an address that is not accepted.
     *
     * @param argument the reply if the whole argument was wrong
     * @param isAddress whether Go's net/mail can parse the address
     */
    abstract Optional<String> addressError(String argument, String address, boolean isAddress);

    private static int[] parts(String number) {
        return Arrays.stream(number.split("\\D+"))
                .filter(part -> !part.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
    }
}
