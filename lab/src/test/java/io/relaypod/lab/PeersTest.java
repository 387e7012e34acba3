package io.relaypod.lab;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

class PeersTest {

    private static final String PROPERTY = "RELAYPOD_REQUIRE_PEERS";

    @AfterEach
    void forget() {
        System.clearProperty(PROPERTY);
    }

    @Test
    void anAvailablePeerLetsTheTestRun() {
        assertThatCode(() -> Peers.require("swaks", true, "unused")).doesNotThrowAnyException();
    }

    @Test
    void aMissingPeerSkipsTheTestWithTheReason() {
        System.setProperty(PROPERTY, "smtp-source");

        assertThatThrownBy(() -> Peers.require("swaks", false, "it is not on the PATH"))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContaining("swaks: it is not on the PATH");
    }

    @Test
    void aMissingPeerThatIsRequiredFailsTheTest() {
        System.setProperty(PROPERTY, "smtp-source, swaks");

        assertThatThrownBy(() -> Peers.require("swaks", false, "it is not on the PATH"))
                .isInstanceOf(AssertionFailedError.class)
                .hasMessageContaining("names swaks, but it is not on the PATH");
    }
}
