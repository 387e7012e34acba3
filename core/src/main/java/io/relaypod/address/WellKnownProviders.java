package io.relaypod.address;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** The mail providers of mail-providers.txt. */
public final class WellKnownProviders {

    private WellKnownProviders() {}

    public static Stream<String> names() {
        try (InputStream in = WellKnownProviders.class.getResourceAsStream("mail-providers.txt")) {
            return DomainSet.parse(new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                            .lines()
                            .toList())
                    .names();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
