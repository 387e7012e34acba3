package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Random;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SmtpLineDecoderTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void noByteIsLostAndNoPieceIsLongerThanItMayBe(long seed) {
        Random random = new Random(seed);
        SmtpLineDecoder decoder = new SmtpLineDecoder();
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        for (int i = 0; i < 300; i++) {
            byte[] bytes = received(random);
            decoder.add(Unpooled.wrappedBuffer(bytes));
            sent.writeBytes(bytes);
            readAll(decoder, read);
            assertThat(decoder.size()).isLessThan(SmtpLineDecoder.MAX_PIECE);
        }
        byte[] more = received(random);
        SmtpLineDecoder behind = new SmtpLineDecoder();
        behind.add(Unpooled.wrappedBuffer(more));
        sent.writeBytes(more);
        decoder.addAll(behind);
        readAll(decoder, read);
        assertThat(behind.size()).isZero();
        decoder.add(Unpooled.wrappedBuffer(new byte[] {'\n'}));
        sent.write('\n');
        readAll(decoder, read);

        assertThat(decoder.size()).isZero();
        assertThat(read.toByteArray()).isEqualTo(sent.toByteArray());
    }

    private static byte[] received(Random random) {
        byte[] bytes = new byte[random.nextInt(5_000)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = random.nextInt(1_500) > 0 ? (byte) "aaaaaaa\r".charAt(random.nextInt(8)) : (byte) '\n';
        }
        return bytes;
    }

    private static void readAll(SmtpLineDecoder decoder, ByteArrayOutputStream read) {
        while (decoder.hasNext()) {
            byte[] piece = decoder.next().orElseThrow();
            assertThat(piece.length).isBetween(1, SmtpLineDecoder.MAX_PIECE);
            for (int i = 0; i < piece.length - 1; i++) {
                assertThat(piece[i]).isNotEqualTo((byte) '\n');
            }
            boolean isWhole = piece[piece.length - 1] == '\n';
            assertThat(isWhole || piece.length >= SmtpLineDecoder.MAX_PIECE - 1).isTrue();
            read.writeBytes(piece);
        }
        assertThat(decoder.next()).isEmpty();
    }
}
