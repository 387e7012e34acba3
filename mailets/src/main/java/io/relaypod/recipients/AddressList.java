package io.relaypod.recipients;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The addresses of a field such as To, each with the bytes that stand for it.
 *
 * <p>Not mime4j's parser: that one reads {@code victim@x <b@y>} as one mailbox in the domain {@code x <b@y>}, and does not say which
 * bytes an address came from. Whether a field may stay as it is depends on everybody behind us reading it alike, so what is not
 * {@linkplain Mailbox#plain plain} is never sent on. Immutable.
 */
public final class AddressList {

    /** RFC 5322 2.1.1: the longest line, without its break. */
    public static final int LONGEST_LINE = 998;

    private static final String ATOM = "[^\\s\\p{Cntrl}\"<>()\\[\\]@,;:\\\\]+";
    private static final String ADDRESS = ATOM + "@(?:" + ATOM + "|\\[[^\\s\\p{Cntrl}\"<>()\\[\\]@,;\\\\]+\\])";
    private static final String WORD = "(?:\"[^\"\\\\\\p{Cntrl}]*+(?:\\\\[^\\p{Cntrl}][^\"\\\\\\p{Cntrl}]*+)*+\"|" + ATOM + ")";
    private static final Pattern PLAIN_ADDRESS = Pattern.compile(ADDRESS);
    private static final Pattern PLAIN = Pattern.compile(ADDRESS + "|(?:" + WORD + "(?:[ \\t]+" + WORD + ")*+[ \\t]*)?<" + ADDRESS + ">");
    private static final Pattern HARMLESS_COMMENT = Pattern.compile("\\([^()<>@\\\\\",;:\\p{Cntrl}]*+\\)");
    private static final Pattern QUOTABLE = Pattern.compile("[^\"\\\\()\\p{Cntrl}]{1,200}");

    /**
     * One address of the list.
     *
     * @param text    as it stands there, unfolded, one char a byte
     * @param written the address in it, as it is written
     * @param address the same, to compare; empty when nobody can say which it is
     * @param plain   whether every program reads it alike: a name and an address in angle brackets, or an address alone
     */
    public record Mailbox(String text, String written, Optional<EmailAddress> address, boolean plain) {

        /** The mailbox for a line of its own: as it was where that is plain, else with as much of the name as can be quoted. */
        public Optional<String> plainText() {
            return plain ? Optional.of(text) : withAddress(written);
        }

        /** The mailbox with the address in another spelling; empty when that is none that every program reads alike. */
        public Optional<String> withAddress(String spelling) {
            if (!PLAIN_ADDRESS.matcher(spelling).matches()) {
                return Optional.empty();
            }
            int angle = text.lastIndexOf('<');
            String name = angle < 0 ? "" : text.substring(0, angle).strip();
            if (name.isEmpty()) {
                return Optional.of(spelling);
            }
            if (PLAIN.matcher(name + " <a@b>").matches() && name.length() < LONGEST_LINE / 2) {
                return Optional.of(name + " <" + spelling + ">");
            }
            return Optional.of(QUOTABLE.matcher(name).matches() ? "\"" + name + "\" <" + spelling + ">" : "<" + spelling + ">");
        }
    }

    private final List<Mailbox> mailboxes;
    private final boolean plain;

    private AddressList(List<Mailbox> mailboxes, boolean plain) {
        this.mailboxes = List.copyOf(mailboxes);
        this.plain = plain;
    }

    /**
     * @param value of a field, unfolded, one char a byte
     * @return the list, members of groups in their place; empty when quotes, comments or brackets do not close
     */
    public static Optional<AddressList> parse(String value) {
        Parser parser = new Parser();
        value.chars().forEach(c -> parser.next((char) c));
        return parser.end();
    }

    public List<Mailbox> mailboxes() {
        return mailboxes;
    }

    /** Whether the list is one of plain mailboxes between commas, without groups. */
    public boolean isPlain() {
        return plain && mailboxes.stream().allMatch(Mailbox::plain);
    }

    /** Reads char by char. For one list. */
    private static final class Parser {

        private final List<Mailbox> mailboxes = new ArrayList<>();
        private boolean plain = true;
        private boolean broken;
        private boolean inGroup;

        private final StringBuilder text = new StringBuilder();
        private final StringBuilder bare = new StringBuilder();
        private final StringBuilder angle = new StringBuilder();
        private int angles;
        private boolean quoted;
        private boolean escaped;
        private boolean inAngle;
        private boolean inLiteral;
        private int comments;

        void next(char c) {
            boolean structural = !quoted && comments == 0 && !inAngle && !inLiteral;
            if (structural && (c == ',' || c == ';' || c == ':')) {
                separate(c);
                return;
            }
            text.append(c);
            if (escaped) {
                escaped = false;
                content(c);
            } else if (c == '\\' && (quoted || comments > 0)) {
                escaped = true;
                content(c);
            } else if (quoted) {
                quoted = c != '"';
                content(c);
            } else if (c == '(') {
                comments++;
            } else if (comments > 0) {
                comments -= c == ')' ? 1 : 0;
            } else {
                unquoted(c);
            }
        }

        private void unquoted(char c) {
            switch (c) {
                case '"' -> {
                    quoted = true;
                    content(c);
                }
                case '<' -> {
                    broken |= inAngle || inLiteral;
                    inAngle = true;
                    angles++;
                }
                case '>' -> {
                    broken |= !inAngle;
                    inAngle = false;
                }
                case '[', ']' -> {
                    inLiteral = c == '[';
                    content(c);
                }
                case ')' -> broken = true;
                default -> content(c);
            }
        }

        private void content(char c) {
            if (comments == 0) {
                (inAngle ? angle : bare).append(c);
            }
        }

        private void separate(char c) {
            if (c == ':') {
                // A group in a group, or a name that is not quoted.
                broken |= inGroup;
                inGroup = true;
                plain = false;
                clear();
                return;
            }
            mailbox();
            if (c == ';') {
                plain = false;
                inGroup = false;
            }
        }

        private void mailbox() {
            String whole = text.toString().strip();
            if (!whole.isEmpty()) {
                String written = (angles > 0 ? angle : bare).toString().strip();
                Optional<EmailAddress> address = angles > 1 ? Optional.empty() : EmailAddress.parse(utf8(written));
                mailboxes.add(new Mailbox(whole, written, address, isPlain(whole, address.isPresent())));
            }
            clear();
        }

        private static boolean isPlain(String whole, boolean hasAddress) {
            return hasAddress && whole.length() < LONGEST_LINE && PLAIN.matcher(withoutHarmlessComments(whole).strip()).matches();
        }

        private static String withoutHarmlessComments(String whole) {
            return whole.indexOf('(') < 0 ? whole : HARMLESS_COMMENT.matcher(whole).replaceAll(" ");
        }

        private void clear() {
            text.setLength(0);
            bare.setLength(0);
            angle.setLength(0);
            angles = 0;
        }

        Optional<AddressList> end() {
            mailbox();
            // RFC 5322 3.4 wants a group closed; one that is open at the end hides nothing.
            return broken || quoted || escaped || inAngle || inLiteral || comments > 0
                ? Optional.empty() : Optional.of(new AddressList(mailboxes, plain));
        }
    }

    /** Chars of one byte each as the text that they are. */
    public static String utf8(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** The other way round. */
    public static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
