package io.relaypod.lab.gateway;

import java.io.IOException;

import io.relaypod.lab.Engine;
import org.junit.jupiter.api.BeforeEach;

class MailpitInDockerTest extends MailpitContract {

    @BeforeEach
    void findIt() {
        Engine.requireMailpit(release());
    }

    @Override
    Mailpit start(Relaying relaying) throws IOException {
        return MailpitInDocker.start(release(), Mailpit.ANY_PORT, relaying);
    }

    @Override
    MailpitRelease release() {
        return MailpitRelease.pinned();
    }
}
