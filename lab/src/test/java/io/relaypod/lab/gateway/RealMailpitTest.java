package io.relaypod.lab.gateway;

import java.io.IOException;

import io.relaypod.lab.Peers;
import org.junit.jupiter.api.BeforeEach;

class RealMailpitTest extends MailpitContract {

    @BeforeEach
    void findIt() {
        Peers.require(
                "mailpit",
                RealMailpit.find().isPresent(),
                "the environment variable MAILPIT names none and there is none on the PATH");
    }

    @Override
    Mailpit start(Relaying relaying) throws IOException {
        return RealMailpit.start(RealMailpit.find().orElseThrow(), relaying);
    }

    @Override
    MailpitRelease release() throws IOException {
        try (RealMailpit mailpit = RealMailpit.start(RealMailpit.find().orElseThrow(), Relaying.none())) {
            return mailpit.release();
        }
    }
}
