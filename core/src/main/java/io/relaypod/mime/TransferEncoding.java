package io.relaypod.mime;

import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import javax.mail.MessagingException;
import javax.mail.internet.MimeUtility;

import com.sun.mail.util.UUDecoderStream;
import org.apache.commons.io.output.CloseShieldOutputStream;
import org.apache.james.mime4j.codec.Base64InputStream;
import org.apache.james.mime4j.codec.Base64OutputStream;
import org.apache.james.mime4j.codec.DecodeMonitor;
import org.apache.james.mime4j.codec.QuotedPrintableInputStream;

/** The encoding of a body (RFC 2045 section 6). */
public enum TransferEncoding {
    IDENTITY,
    BASE64,
    QUOTED_PRINTABLE,
    UUENCODE;

    static TransferEncoding of(String value) {
        String name = Parameters.withoutComments(value)
                .replace("\"", "")
                .replace(";", " ")
                .strip()
                .toLowerCase(Locale.ROOT);
        return switch (name) {
            case "base64" -> BASE64;
            case "quoted-printable" -> QUOTED_PRINTABLE;
            case "uuencode", "x-uuencode", "x-uue" -> UUENCODE;
            default -> IDENTITY;
        };
    }

    /** The content. Errors in the encoding are skipped. */
    public InputStream decode(InputStream body) throws IOException {
        return switch (this) {
            case IDENTITY -> body;
            case BASE64 -> new NonEmptyReads(new Base64InputStream(body, DecodeMonitor.SILENT));
            case QUOTED_PRINTABLE -> new NonEmptyReads(new QuotedPrintableInputStream(body, DecodeMonitor.SILENT));
            // A missing begin or end, and lines that are none, are read over.
            case UUENCODE -> new UUDecoderStream(body, true, true);
        };
    }

    /**
     * Where mime4j's decoders answer that they have read nothing, a lone {@code =} in base64 for one, Java's readers
     * fail. For one thread.
     */
    private static final class NonEmptyReads extends FilterInputStream {

        NonEmptyReads(InputStream decoder) {
            super(decoder);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = in.read(bytes, offset, length);
            if (read != 0 || length == 0) {
                return read;
            }
            int next = in.read();
            if (next < 0) {
                return -1;
            }
            bytes[offset] = (byte) next;
            return 1;
        }
    }

    /** Whether {@link #encode} knows the way back. */
    public boolean canEncode() {
        return this != UUENCODE;
    }

    /**
     * Encodes what is written; closing it writes the rest and leaves {@code body} open. What cannot be encoded is
     * written as it is.
     */
    public OutputStream encode(OutputStream body) throws IOException {
        OutputStream open = CloseShieldOutputStream.wrap(body);
        return switch (this) {
            case IDENTITY, UUENCODE -> open;
            case BASE64 -> new Base64OutputStream(open);
            case QUOTED_PRINTABLE -> quotedPrintable(open);
        };
    }

    // Not mime4j's, which encodes every dot.
    private static OutputStream quotedPrintable(OutputStream body) throws IOException {
        try {
            return MimeUtility.encode(body, "quoted-printable");
        } catch (MessagingException unknownEncoding) {
            throw new IOException(unknownEncoding);
        }
    }

    /** Changes a content. */
    @FunctionalInterface
    public interface ContentChange {
        void write(InputStream content, OutputStream changed) throws IOException;
    }

    /** Changes the content of a body, which stays in its encoding, and whose last line stays ended. */
    public void recode(InputStream body, OutputStream out, ContentChange change) throws IOException {
        try (OutputStream encoded = encode(out)) {
            change.write(decode(body), encoded);
        }
    }

    /** A text in quoted-printable; its lines end with CRLF. */
    public static byte[] quotedPrintable(String text) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (OutputStream printable = QUOTED_PRINTABLE.encode(body)) {
            printable.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return body.toByteArray();
    }
}
