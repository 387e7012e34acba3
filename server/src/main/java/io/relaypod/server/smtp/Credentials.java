package io.relaypod.server.smtp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * What a client sent to log in.
 *
 * @param name empty where it can be nobody's
 * @param password as the client sent it
 */
record Credentials(String name, byte[] password) {

    // RFC 4954 section 4: an initial response of no bytes.
    private static final String EMPTY = "=";

    /** The bytes of a client's response; empty when it is no base64. Padding may be left out. */
    static Optional<byte[]> decode(String response) {
        String base64 = response.strip();
        try {
            return Optional.of(
                    base64.equals(EMPTY) ? new byte[0] : Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }

    /**
     * The message of PLAIN: whom to act as, name and password, with NUL between (RFC 4616 section 2). To act as another
     * is nobody allowed.
     *
     * @return empty when it is no such message
     */
    static Optional<Credentials> ofPlain(byte[] message) {
        int first = indexOfNul(message, 0);
        int second = first < 0 ? -1 : indexOfNul(message, first + 1);
        if (second < 0 || indexOfNul(message, second + 1) >= 0) {
            return Optional.empty();
        }
        String actAs = text(Arrays.copyOfRange(message, 0, first));
        String name = text(Arrays.copyOfRange(message, first + 1, second));
        return Optional.of(new Credentials(
                actAs.isEmpty() || actAs.equals(name) ? name : "",
                Arrays.copyOfRange(message, second + 1, message.length)));
    }

    static Credentials ofLogin(byte[] name, byte[] password) {
        return new Credentials(text(name), password);
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static int indexOfNul(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                return i;
            }
        }
        return -1;
    }

    /** Without the password, for a log. */
    @Override
    public String toString() {
        return "credentials";
    }
}
