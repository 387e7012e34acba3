package io.relaypod.lab.gateway;

import io.relaypod.lab.Peers;
import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;

class MailpitInDockerTest extends MailpitContract {

    @BeforeEach
    void findIt() {
        Peers.require("mailpit-in-docker", MailpitInDocker.missing().isEmpty(), MailpitInDocker.missing().orElse(""));
    }

    @Override
    Mailpit start(Relaying relaying) throws IOException {
        return MailpitInDocker.start(relaying);
    }
}
