package io.relaypod.lab.gateway;

import java.io.IOException;

import io.relaypod.lab.Engine;
import org.junit.jupiter.api.BeforeEach;

class MailpitInDockerTest extends MailpitContract {

    @BeforeEach
    void findIt() {
        Engine.requireMailpit();
    }

    @Override
    Mailpit start(Relaying relaying) throws IOException {
        return MailpitInDocker.start(Mailpit.ANY_PORT, relaying);
    }
}
