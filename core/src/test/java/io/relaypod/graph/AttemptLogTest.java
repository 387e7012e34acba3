package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttemptLogTest {

    private static final Instant AT = Instant.parse("2026-11-27T06:07:00Z");

    @TempDir
    private Path home;

    private Smtp2GraphFolder smtp2graph;
    private AttemptLog log;

    @BeforeEach
    void make() {
        smtp2graph = new Smtp2GraphFolder(home).made();
        log = new AttemptLog(smtp2graph.directory.logs(), "error", AttemptLine.OF_A_FILE);
    }

    private List<String> poll() throws IOException {
        List<String> files = new ArrayList<>();
        log.poll(line -> files.add(line.fileName()));
        return files;
    }

    @Test
    void rotationsAreReadOnceAndInOrder() throws IOException {
        smtp2graph.fail("a.eml", "x", AT);
        assertThat(poll()).containsExactly("a.eml");
        smtp2graph.fail("b.eml", "x", AT);
        Files.copy(
                smtp2graph.directory.logs().resolve("error.log"),
                smtp2graph.directory.logs().resolve("unrelated.log"));
        smtp2graph.log(
                "error1.log",
                Files.readString(smtp2graph.directory.logs().resolve("error.log"))
                        .replace("b.eml", "c.eml"));
        assertThat(poll()).containsExactly("b.eml", "a.eml", "c.eml");
        Files.delete(smtp2graph.directory.logs().resolve("error.log"));
        assertThat(poll()).isEmpty();
    }

    @Test
    void aLineIsReadWhenItIsComplete() throws IOException {
        smtp2graph.log(
                "error.log", "{\"message\":\"[MailQueue] Failed to send message \\\"a.eml\\\"\",\"error\":\"x\",");
        assertThat(poll()).isEmpty();
        smtp2graph.log("error.log", "\"filename\":\"a.eml\"}\nno json\n");
        assertThat(poll()).containsExactly("a.eml");
    }

    @Test
    void aLineBeyondTheLimitIsSkippedAndTheNextOneRead() throws IOException {
        smtp2graph.fail("a.eml", "x".repeat(AttemptLog.LONGEST_LINE * 2), AT);
        smtp2graph.fail("b.eml", "x".repeat(AttemptLog.LONGEST_LINE / 2), AT);
        assertThat(poll()).containsExactly("b.eml");
    }

    @Test
    void anErrorThatIsNoTextIsItsJson() {
        byte[] line =
                "{\"error\":{\"status\":418},\"filename\":\"a.eml\",\"message\":\"[MailQueue] Failed to send message \\\"a.eml\\\"\"}"
                        .getBytes(StandardCharsets.UTF_8);
        assertThat(AttemptLine.parse(line).orElseThrow().error()).isEqualTo("{\"status\":418}");
    }
}
