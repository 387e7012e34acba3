package io.relaypod.lab;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Programs that a test needs. If a program is missing, the test is skipped. If RELAYPOD_REQUIRE_PEERS (a
 * comma-separated system property or environment variable) lists the program, the test fails instead.
 */
public final class Peers {

    private static final String VARIABLE = "RELAYPOD_REQUIRE_PEERS";

    private Peers() {}

    /**
     * Skips the test, or fails it, unless the peer is available.
     *
     * @param reason names the missing program
     */
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
