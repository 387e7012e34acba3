package io.relaypod.k8s;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script k8s/relaypod, with a stand-in for kubectl. */
class OperatorCommandTest {

    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    private Path directory;

    private record ScriptResult(int exitCode, String output, List<String> calls) {

        String debug() {
            return calls.stream()
                    .filter(call -> call.contains(" debug "))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void aCommandRunsInTheRelaysPodAndReturnsItsExitCode() throws Exception {
        ScriptResult result = run("2026-11-27T06:00:00Z/relaypod-0\n/relaypod-1", "queue", "remove", "--all");

        assertThat(result.exitCode()).isEqualTo(3);
        assertThat(result.output()).contains("said by the command");
        assertThat(result.debug())
                .as("an ephemeral container in the pod that is not ending")
                .contains("--namespace relaypod debug relaypod-1 ")
                .contains("--image registry.example.com/relaypod:1 ", "--target relaypod ", "--profile restricted ")
                .contains("--env WEBADMIN_ADDR=127.0.0.1:8000 ")
                .contains("--env DATA_DIR=/proc/1/root/data ")
                .contains("--env DNS_SERVERS=10.96.0.10 ")
                .contains("--env SMTP2GRAPH_DATA=/proc/1/root/smtp2graph ")
                .contains("--env WEBADMIN_PASSWORD_FILE=/proc/1/root/run/password ")
                .doesNotContain("SMTP_USERS_FILE")
                .endsWith(" -- java @/relaypod queue remove --all");
    }

    @Test
    void aMissingRelayIsReported() throws Exception {
        ScriptResult result = run("2026-11-27T06:00:00Z/relaypod-0", "queue");

        assertThat(result.exitCode()).isEqualTo(69);
        assertThat(result.output()).contains("no relay runs in the namespace relaypod");
    }

    private ScriptResult run(String pods, String... command) throws IOException, InterruptedException {
        Path calls = directory.resolve("calls");
        Path kubectl = Files.writeString(directory.resolve("kubectl"), """
                #!/usr/bin/env bash
                echo "$*" >>%s
                case "$*" in
                  *"get pods "*) printf '%%s\\n' '%s' ;;
                  *".image"*) echo registry.example.com/relaypod:1 ;;
                  *".env[*]"*) printf 'SMTP_USERS_FILE /run/users\\nLISTEN_ADDR :25\\nWEBADMIN_ADDR 127.0.0.1:8000\\nDATA_DIR /data\\nWEBADMIN_PASSWORD_FILE /run/password\\nDNS_SERVERS 10.96.0.10\\nSMTP2GRAPH_DATA /smtp2graph\\n' ;;
                  *" debug "*) echo "said by the command" ;;
                  *exitCode*) echo 3 ;;
                esac
                """.formatted(calls, pods));
        Files.setPosixFilePermissions(kubectl, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> words = new ArrayList<>(List.of("../k8s/relaypod"));
        words.addAll(List.of(command));
        ProcessBuilder script = new ProcessBuilder(words).redirectErrorStream(true);
        script.environment().put("KUBECTL", kubectl.toString());
        Process process = script.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return new ScriptResult(process.exitValue(), output, Files.readAllLines(calls));
    }
}
