package io.relaypod.lab.gateway;

class OlderMailpitInDockerTest extends MailpitInDockerTest {

    @Override
    MailpitRelease release() {
        return MailpitRelease.V1_28_3;
    }
}
