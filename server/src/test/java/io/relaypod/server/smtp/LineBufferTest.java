package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.relaypod.memory.FairShare;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import org.junit.jupiter.api.Test;

class LineBufferTest {

    private final MemoryBudget budget = new MemoryBudget(4 << 20);
    private final FairShare memory = new FairShare(budget, MemoryUse.LONG_LINES);

    @Test
    void whatIsAppendedIsTakenWithItsEnding() {
        LineBuffer line = new LineBuffer(memory, "client");
        Random random = new Random(1);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        while (sent.size() < 100_000) {
            byte[] piece = new byte[2_048];
            random.nextBytes(piece);
            assertThat(line.append(piece, 7, 2_000)).isTrue();
            sent.write(piece, 7, 1_993);
        }
        assertThat(line.size()).isEqualTo(sent.size());
        sent.writeBytes(new byte[] {'\r', '\n'});
        assertThat(budget.reserved(MemoryUse.LONG_LINES)).isGreaterThanOrEqualTo(2L * line.size());

        assertThat(line.take((byte) '\r', (byte) '\n')).isEqualTo(sent.toByteArray());
        assertThat(line.size()).isZero();
        assertThat(budget.reserved()).isZero();
        assertThat(line.take()).isEmpty();
    }

    @Test
    void manyLongLinesStayWithinTheBudgetAndShortOnesAreNeverRefused() {
        List<LineBuffer> lines = new ArrayList<>();
        byte[] piece = new byte[2_048];
        int refused = 0;
        for (int client = 0; client < 100; client++) {
            LineBuffer line = new LineBuffer(memory, client % 4);
            lines.add(line);
            assertThat(line.append(piece, 0, piece.length)).isTrue();
            for (int more = 0; more < 100; more++) {
                refused += line.append(piece, 0, piece.length) ? 0 : 1;
            }
        }
        assertThat(refused).isPositive();
        assertThat(lines.stream().mapToLong(LineBuffer::size).sum())
                .isLessThanOrEqualTo(budget.limit(MemoryUse.LONG_LINES) / 2 + 100L * 4_096);
        lines.forEach(LineBuffer::clear);
        assertThat(budget.reserved()).isZero();
    }
}
