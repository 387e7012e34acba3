package io.relaypod.deliverability;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import io.relaypod.mime.EncodedWords;
import io.relaypod.mime.HeaderField;

/** A MIME node as mailsplit 5.4 reads it: {@code lib/mime-node.js} and {@code lib/headers.js}. For one thread. */
final class MailsplitNode {

    private static final Set<String> READ = Set.of("content-type", "content-disposition", "content-transfer-encoding");
    private static final Set<String> IDENTITY = Set.of("", "7bit", "8bit", "binary");
    // By which libmime takes a file for a mail.
    private static final Set<String> MAIL_FILES = Set.of("eml", "mht", "mhtml", "nws", "mime");
    private static final String MESSAGE = "message/rfc822";

    private final Optional<MailsplitNode> parent;
    private final int depth;
    private final Map<String, StringBuilder> fields = new HashMap<>(4);
    private Optional<StringBuilder> openField = Optional.empty();
    private String type = "";
    private byte[] boundary = {};
    private byte[] parentBoundary;
    private long headerLength;
    private boolean first = true;
    private boolean multipart;
    private boolean inline;
    private boolean fatal;

    private MailsplitNode(Optional<MailsplitNode> parent) {
        this.parent = parent;
        this.depth = parent.map(outer -> outer.depth + 1).orElse(0);
        this.parentBoundary = parent.map(outer -> outer.boundary).orElse(new byte[0]);
    }

    static MailsplitNode root() {
        return new MailsplitNode(Optional.empty());
    }

    MailsplitNode child() {
        return new MailsplitNode(Optional.of(this));
    }

    /** A node beside this one; a message that is shown inline is stepped over. */
    MailsplitNode sibling() {
        Optional<MailsplitNode> above = parent.filter(outer -> outer.type.equals(MESSAGE))
                .map(outer -> outer.parent)
                .orElse(parent);
        return new MailsplitNode(above);
    }

    /** The message in a node that is shown inline ends where the node's siblings begin. */
    MailsplitNode inlineMessage() {
        MailsplitNode message = child();
        parent.ifPresent(outer -> message.parentBoundary = outer.boundary);
        return message;
    }

    int depth() {
        return depth;
    }

    long headerLength() {
        return headerLength;
    }

    byte[] boundary() {
        return boundary;
    }

    void forgetBoundary() {
        boundary = new byte[0];
    }

    byte[] parentBoundary() {
        return parentBoundary;
    }

    boolean opensMultipart() {
        return multipart && boundary.length > 0;
    }

    boolean isInlineMessage() {
        return inline;
    }

    /** Whether the header ends the process of smtp2graph: libmime 5.2 throws an exception that is not caught. */
    boolean isFatal() {
        return fatal;
    }

    /**
     * @param line with its line break
     * @return whether it continues the field before it
     */
    boolean headerLine(byte[] line) {
        headerLength += line.length;
        boolean folded = !first && (line[0] == ' ' || line[0] == '\t');
        first = false;
        if (!folded) {
            openField = begin(line);
        }
        if (openField.isPresent() && openField.get().length() + line.length <= MailLimits.SENDER_FIELD) {
            openField.get().append(new String(line, StandardCharsets.ISO_8859_1));
        }
        return folded;
    }

    // The first field of a name counts.
    private Optional<StringBuilder> begin(byte[] line) {
        if (line[0] != 'C' && line[0] != 'c' && line[0] > ' ' || line[0] == '\r' || line[0] == '\n') {
            return Optional.empty();
        }
        String name = HeaderField.nameOf(new String(line, 0, Math.min(line.length, 100), StandardCharsets.ISO_8859_1));
        if (!READ.contains(name) || fields.containsKey(name)) {
            return Optional.empty();
        }
        StringBuilder field = new StringBuilder();
        fields.put(name, field);
        return Optional.of(field);
    }

    void endHeader() {
        MailsplitField disposition = field("content-disposition");
        boolean typed = fields.containsKey("content-type");
        MailsplitField contentType = field("content-type");
        type = typed
                ? contentType.value()
                : MAIL_FILES.contains(extension(disposition.parameter("filename"))) ? MESSAGE : "text/plain";
        multipart = type.startsWith("multipart/") && type.length() > "multipart/".length();
        // Node writes the chars beyond ASCII as two bytes each, so that such a boundary is never found.
        boundary = contentType.parameter("boundary").getBytes(StandardCharsets.UTF_8);
        inline = type.equals(MESSAGE)
                && isIdentity()
                && EncodedWords.decode(disposition.value()).equals("inline");
        fatal = contentType.isFatal() || disposition.isFatal();
        fields.clear();
        openField = Optional.empty();
    }

    private boolean isIdentity() {
        String encoding = field("content-transfer-encoding").whole();
        int open = encoding.indexOf('(');
        int close = encoding.lastIndexOf(')');
        String plain =
                open >= 0 && close > open ? encoding.substring(0, open) + encoding.substring(close + 1) : encoding;
        return IDENTITY.contains(plain.strip());
    }

    private MailsplitField field(String name) {
        StringBuilder field = fields.get(name);
        return MailsplitField.parse(field == null ? "" : field.toString());
    }

    private static String extension(String file) {
        int dot = file.lastIndexOf('.');
        return dot <= 0 ? "" : file.substring(dot + 1).toLowerCase(Locale.ROOT);
    }
}
