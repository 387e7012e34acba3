package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import org.junit.jupiter.api.Test;

class LineNormalizerTest {

    private static final int LONGEST = 100;
    private static final List<String> PIECES = List.of("\r", "\n", "\r\n", ".", "..", "a", "\0");

    @Test
    void eachNewlineBecomesCrlf() {
        assertThat(lines("a\nb\rc\r\nd\r\r\ne\n\n\r\rf\n"))
                .containsExactly("a\r\n", "b\r\n", "c\r\n", "d\r\n", "e\r\n", "\r\n", "\r\n", "\r\n", "f\r\n");
    }

    @Test
    void aDotAloneIsNoEnd() {
        assertThat(lines(".\n", ".\r", ".\r\r\n", "..\n", ".a\n"))
                .containsExactly("..\r\n", "..\r\n", "..\r\n", "..\r\n", ".a\r\n");
    }

    @Test
    void ofALineThatIsTooLongNothingIsKept() {
        LineNormalizer lines = normalizedLines(LONGEST);

        assertThat(lines.read(bytes("x".repeat(LONGEST)))).isEmpty();
        assertThat(lines.isTooLong()).isFalse();
        assertThat(lines.read(bytes("x\n"))).isEmpty();
        assertThat(lines.isTooLong()).isTrue();
        assertThat(lines.read(bytes("y\n"))).isEmpty();
    }

    /**
     * However it is cut, it is one text: every line ends in CRLF, has no other CR or LF, and is not the end of a mail.
     */
    @Test
    void howItsBytesComeDoesNotMatter() {
        Random random = new Random(1);
        for (int mail = 0; mail < 2_000; mail++) {
            String bytes = random.ints(1 + random.nextInt(20), 0, PIECES.size())
                            .mapToObj(PIECES::get)
                            .collect(Collectors.joining())
                    + "\n";

            List<String> lines = lines(bytes);
            assertThat(lines(bytes.split("(?<=[\\s\\S])"))).as(bytes).isEqualTo(lines);
            assertThat(lines).as(bytes).allMatch(line -> line.matches("[^\r\n]*\r\n") && !line.equals(".\r\n"));
        }
    }

    private static List<String> lines(String... pieces) {
        LineNormalizer normalized = normalizedLines(LONGEST);
        List<String> lines = new ArrayList<>();
        for (String piece : pieces) {
            normalized.read(bytes(piece)).forEach(line -> lines.add(new String(line, StandardCharsets.ISO_8859_1)));
        }
        return lines;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static LineNormalizer normalizedLines(int maxLine) {
        return new LineNormalizer(
                maxLine, new LineBuffer(new FairShare(new MemoryBudget(64 << 20), MemoryUse.LONG_LINES), "client"));
    }
}
