package io.relaypod.lab;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Programs that a test tries us against. A missing one skips the test, unless RELAYPOD_REQUIRE_PEERS (a system property
 * or environment variable, comma-separated) names it: then the test fails.
 */
public final class Peers {

    private static final String VARIABLE = "RELAYPOD_REQUIRE_PEERS";

    private Peers() {}

    /** Goes on only if the peer is available; the reason says what is missing. */
    public static void require(String peer, boolean available, String reason) {
        if (!available && required().contains(peer)) {
            fail(VARIABLE + " names " + peer + ", but " + reason);
        }
        assumeTrue(available, peer + ": " + reason);
    }

    private static Set<String> required() {
        String environment = System.getenv().getOrDefault(VARIABLE, "");
        return Arrays.stream(System.getProperty(VARIABLE, environment).split(","))
                .map(String::strip)
                .filter(peer -> !peer.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
    }
}
