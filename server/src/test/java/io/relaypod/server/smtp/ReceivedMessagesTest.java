package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceivedMessagesTest {

    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    private final MemoryBudget budget = new MemoryBudget(MIB);

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4_096, 16_384, 65_536, 65_537, 300_000, 3_000_000})
    void whatIsWrittenIsRead(int size) throws IOException {
        ReceivedMessages messages = new ReceivedMessages(directory, 0, new MemoryBudget(16 * MIB));
        Random random = new Random(size);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        ReceivedMessage message = messages.begin("name", "client").orElseThrow();
        while (written.size() < size) {
            byte[] line = new byte
                    [Math.min(size - written.size(), 1 + random.nextInt(random.nextInt(50) == 0 ? 100_000 : 998))];
            random.nextBytes(line);
            message.write(line, 0, line.length);
            written.writeBytes(line);
            if (random.nextInt(100) == 0) {
                message.flush();
            }
        }
        message.end();

        assertThat(message.getMessageSize()).isEqualTo(size);
        for (int twice = 0; twice < 2; twice++) {
            try (InputStream in = message.getInputStream()) {
                assertThat(in.readAllBytes()).isEqualTo(written.toByteArray());
            }
        }
        assertThat(files()).hasSize(size > ReceivedMessages.MAX_IN_MEMORY ? 1 : 0);
        message.dispose();
        message.dispose();
        assertThat(files()).isEmpty();
        assertThat(messages.bytesInFiles()).isZero();
    }

    @Test
    void halfSentMailsOfManyClientsStayWithinTheBudget() throws IOException {
        ReceivedMessages messages = new ReceivedMessages(directory, 0, budget);
        List<ReceivedMessage> all = new ArrayList<>();
        for (int client = 0; client < 100; client++) {
            ReceivedMessage message =
                    messages.begin("name" + client, client % 10).orElseThrow();
            for (int line = 0; line < 60; line++) {
                message.write(new byte[1_000], 0, 1_000);
            }
            message.flush();
            all.add(message);
        }
        long inMemory = budget.reserved(MemoryUse.BODIES);
        assertThat(inMemory).isPositive().isLessThanOrEqualTo(budget.limit(MemoryUse.BODIES));
        assertThat(messages.bytesInFiles()).isGreaterThanOrEqualTo(6_000_000 - inMemory);
        all.forEach(ReceivedMessage::dispose);
        assertThat(budget.reserved()).isZero();
        assertThat(messages.bytesInFiles()).isZero();
        assertThat(files()).isEmpty();
    }

    @Test
    void theRoomForFilesIsBoundedAndIsGivenBack() throws IOException {
        ReceivedMessages messages = new ReceivedMessages(directory, 0, budget);
        assertThat(messages.tryGrow(messages.mostInFiles() - 100_000)).isTrue();
        ReceivedMessage message = messages.begin("name", "client").orElseThrow();
        assertThatExceptionOfType(ReceivedMessage.NoRoomException.class).isThrownBy(() -> {
            for (int line = 0; line < 200; line++) {
                message.write(new byte[1_000], 0, 1_000);
            }
        });
        assertThat(messages.tryGrow(messages.mostInFiles() - messages.bytesInFiles()))
                .isTrue();
        assertThat(messages.begin("next", "client")).as("before it is sent").isEmpty();

        message.dispose();

        assertThat(messages.begin("next", "client")).isPresent();
        assertThat(files()).isEmpty();
    }

    @Test
    void whatAProcessThatWasKilledLeftIsDeletedAtTheStart() throws IOException {
        ReceivedMessage message = new ReceivedMessages(directory, 0, budget)
                .begin("name", "client")
                .orElseThrow();
        message.write(new byte[100_000], 0, 100_000);
        assertThat(files()).hasSize(1);

        new ReceivedMessages(directory, 0, budget);

        assertThat(files()).isEmpty();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}
