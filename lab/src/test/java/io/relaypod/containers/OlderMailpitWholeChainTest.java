package io.relaypod.containers;

import io.relaypod.lab.Engine;
import io.relaypod.lab.gateway.MailpitRelease;
import org.junit.jupiter.api.BeforeAll;

/**
 * The same tests with the oldest Mailpit. Needs its image, since a stand-in would repeat the tests of the pinned one.
 */
class OlderMailpitWholeChainTest extends WholeChainTest {

    @BeforeAll
    static void findTheOldest() {
        Engine.requireMailpit(MailpitRelease.V1_28_3);
    }

    @Override
    MailpitRelease release() {
        return MailpitRelease.V1_28_3;
    }
}
