package io.relaypod.lab.gateway;

import java.io.IOException;

class OlderMailpitStandInTest extends MailpitContract {

    @Override
    Mailpit start(Relaying relaying) throws IOException {
        return MailpitStandIn.start(release(), Mailpit.ANY_PORT, relaying);
    }

    @Override
    MailpitRelease release() {
        return MailpitRelease.V1_28_3;
    }
}
