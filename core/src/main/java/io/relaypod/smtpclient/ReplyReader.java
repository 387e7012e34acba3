package io.relaypod.smtpclient;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reads replies of bounded size. For one thread. */
final class ReplyReader {

    /** Bytes of a reply with all its lines: 100 lines of RFC 5321's 512 bytes, and more. */
    static final int LARGEST_REPLY = 64 << 10;

    private static final int BUFFER = 2048;

    private final InputStream in;

    ReplyReader(InputStream in) {
        this.in = new BufferedInputStream(in, BUFFER);
    }

    /** Whether the server sent bytes that no command asked for. */
    boolean hasUnread() throws IOException {
        return in.available() > 0;
    }

    /**
     * @throws IOException if there is no whole reply, or it is none of SMTP or is larger than {@link #LARGEST_REPLY}
     */
    SmtpReply read() throws IOException {
        StringBuilder text = new StringBuilder();
        int left = LARGEST_REPLY;
        while (true) {
            byte[] line = line(left);
            left -= line.length;
            String words = new String(line, StandardCharsets.UTF_8).stripTrailing();
            if (!isReplyLine(words)) {
                throw new IOException("the server sent '" + words.substring(0, Math.min(words.length(), 100))
                        + "'; expected a reply of SMTP");
            }
            text.append(text.isEmpty() ? "" : "\n").append(words);
            if (words.length() == 3 || words.charAt(3) != '-') {
                return new SmtpReply(Integer.parseInt(words.substring(0, 3)), text.toString());
            }
        }
    }

    private static boolean isReplyLine(String words) {
        return words.length() >= 3
                && words.charAt(0) >= '1'
                && words.charAt(0) <= '5'
                && isDigit(words.charAt(1))
                && isDigit(words.charAt(2))
                && (words.length() == 3 || words.charAt(3) == ' ' || words.charAt(3) == '-');
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private byte[] line(int longest) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(80);
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (line.size() >= longest) {
                throw new IOException("the server's reply is longer than " + LARGEST_REPLY + " bytes");
            }
            line.write(next);
        }
        line.write('\n');
        return line.toByteArray();
    }
}
