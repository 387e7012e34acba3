package io.relaypod.containers;

import io.relaypod.lab.Engine;
import io.relaypod.lab.gateway.MailpitRelease;
import org.junit.jupiter.api.BeforeAll;

/** The same with the oldest Mailpit, only where the engine has its image: the stand-in behind it would be the same. */
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
