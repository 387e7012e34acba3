package io.relaypod.smtpclient;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a message as the data of DATA (RFC 5321 section 4.5.2): it doubles the dot at the start of a line. A carriage
 * return or line feed alone becomes both, as section 2.3.8 forbids them and servers disagree on where a line then ends.
 * All other bytes stay. For one thread.
 */
final class MessageDataOutput extends OutputStream {

    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] END = ".\r\n".getBytes(StandardCharsets.US_ASCII);

    private final OutputStream out;
    private byte previous = '\n';
    private boolean failed;

    MessageDataOutput(OutputStream out) {
        this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int start = offset;
        for (int at = offset; at < offset + length; at++) {
            byte next = bytes[at];
            if (previous > '\r' && next != '\n') {
                // no line ends or begins here
                previous = next;
                continue;
            }
            if (previous == '\r' && next != '\n') {
                start = pass(bytes, start, at, '\n');
                previous = '\n';
            }
            if (next == '\n' && previous != '\r') {
                start = pass(bytes, start, at, '\r');
            } else if (next == '.' && previous == '\n') {
                start = pass(bytes, start, at, '.');
            }
            previous = next;
        }
        pass(bytes, start, offset + length);
    }

    private int pass(byte[] bytes, int start, int end, char added) throws IOException {
        pass(bytes, start, end);
        pass(new byte[] {(byte) added}, 0, 1);
        return end;
    }

    private void pass(byte[] bytes, int start, int end) throws IOException {
        try {
            out.write(bytes, start, end - start);
        } catch (IOException lost) {
            failed = true;
            throw lost;
        }
    }

    /** Ends the last line. */
    void endLine() throws IOException {
        if (previous == '\r') {
            pass(CRLF, 1, 2);
        } else if (previous != '\n') {
            pass(CRLF, 0, 2);
        }
        previous = '\n';
    }

    /** Writes the end of data. */
    void end() throws IOException {
        pass(END, 0, END.length);
    }

    /** Whether the server, and not the message, was the cause of an exception. */
    boolean hasFailed() {
        return failed;
    }
}
