package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import io.relaypod.lab.smtp.SmtpConversation;
import io.relaypod.lab.world.RelayProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host whose own name has no address, as in a pod with hostNetwork or a container in the host's network. */
class HostWithoutAddressTest {

    @TempDir
    private Path directory;

    @Test
    void the_relay_starts_where_the_name_of_its_host_cannot_be_resolved() throws Exception {
        Path hosts = Files.writeString(directory.resolve("hosts"), "127.0.0.1 localhost\n");

        try (RelayProcess relay = RelayProcess.start(Map.of(
                        "DATA_DIR", directory.resolve("data").toString(),
                        "JAMES_CONF", Path.of("../james-conf").toString(),
                        "JDK_JAVA_OPTIONS", "-Djdk.net.hosts.file=" + hosts));
                SmtpConversation smtp = SmtpConversation.connect(relay.smtpAddress())) {

            assertThat(smtp.send("EHLO client.example").code()).isEqualTo(250);
        }
    }
}
