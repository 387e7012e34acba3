package io.relaypod.server.settings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Reads small files of UTF-8 text that an admin mounts. */
public final class TextFile {

    private static final int LARGEST = 4 << 20;

    private TextFile() {}

    /** @throws IllegalArgumentException if the file cannot be read; the message has nothing of its content */
    public static byte[] bytes(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(LARGEST + 1);
            if (content.length > LARGEST) {
                throw new IllegalArgumentException("it has more than " + LARGEST + " bytes");
            }
            return content;
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("it cannot be read: " + unreadable, unreadable);
        }
    }

    /** @throws IllegalArgumentException if the file cannot be read; the message has nothing of its content */
    public static String text(Path file) {
        return text(bytes(file));
    }

    /** @throws IllegalArgumentException if it is not UTF-8 */
    public static String text(byte[] content) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
        } catch (CharacterCodingException noText) {
            throw new IllegalArgumentException("it is not UTF-8 text", noText);
        }
    }

    /** @throws IOException if the file is blank or has the placeholder */
    static void checkNotEmpty(Path file) throws IOException {
        String text = Files.readString(file);
        if (text.isBlank()) {
            throw new IOException("it is empty");
        }
        if (Placeholder.isIn(text)) {
            throw new IOException(Placeholder.inFile());
        }
    }

    /** @throws IllegalArgumentException if the file cannot be read; the message has nothing of its content */
    public static List<String> lines(Path file) {
        return text(file).lines().toList();
    }
}
