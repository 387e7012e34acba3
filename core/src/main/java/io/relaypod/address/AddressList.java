package io.relaypod.address;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.james.mime4j.codec.EncoderUtil;

/**
 * The addresses of a field such as To, each with the bytes that stand for it.
 *
 * <p>Not mime4j's parser: that one reads {@code victim@x <b@y>} as one mailbox in the domain {@code x <b@y>}, and does
 * not say which bytes an address came from. Whether a field may stay as it is depends on everybody behind us reading it
 * alike, so what is not {@linkplain Mailbox#plain plain} is never sent on. Immutable.
 */
public final class AddressList {

    /** RFC 5322 2.1.1: the longest line, without its break. */
    public static final int LONGEST_LINE = 998;

    static final String ATOM = "[^\\s\\p{Cntrl}\"<>()\\[\\]@,;:\\\\]+";
    private static final String ADDRESS = ATOM + "@(?:" + ATOM + "|\\[[^\\s\\p{Cntrl}\"<>()\\[\\]@,;\\\\]+\\])";
    private static final String WORD =
            "(?:\"[^\"\\\\\\p{Cntrl}]*+(?:\\\\[^\\p{Cntrl}][^\"\\\\\\p{Cntrl}]*+)*+\"|" + ATOM + ")";
    private static final Pattern PLAIN_ADDRESS = Pattern.compile(ADDRESS);
    private static final Pattern PLAIN =
            Pattern.compile(ADDRESS + "|(?:" + WORD + "(?:[ \\t]+" + WORD + ")*+[ \\t]*)?<" + ADDRESS + ">");
    private static final Pattern TOKEN = Pattern.compile("\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|[^\\s\"]++");
    private static final Pattern WORD_CHAR = Pattern.compile("[\\p{Alnum}\u0080-\u00ff]");
    // Of what stands before a comma or colon, and perhaps belongs to the name behind it.
    private static final int LONGEST_BEGINNING = 200;
    private static final Pattern HARMLESS_COMMENT = Pattern.compile("\\([^()<>@\\\\\",;:\\p{Cntrl}]*+\\)");

    /**
     * One address of the list.
     *
     * @param text as it stands there, unfolded, one char a byte
     * @param name the display name in it, with its quotes and without comments; empty when there is none
     * @param written the address in it, as it is written
     * @param address the same, for comparison; empty if it cannot be read for certain
     * @param plain whether every program reads it alike: a name and an address in angle brackets, or an address alone
     */
    public record Mailbox(String text, String name, String written, Optional<EmailAddress> address, boolean plain) {

        /**
         * The mailbox for a line of its own: as it was where that is plain, else with its name quoted where that is
         * needed.
         */
        public Optional<String> plainText() {
            return plain ? Optional.of(text) : withAddress(written);
        }

        /** The mailbox with the address in another spelling; empty when that is none that every program reads alike. */
        public Optional<String> withAddress(String spelling) {
            return written(Phrase.written(name), spelling);
        }

        /** Whether people read an {@code @} in the name, so that it may pass for another address. */
        public boolean namesAnAddress() {
            return name.indexOf('@') >= 0
                    || name.contains("=?") && Phrase.decoded(name).indexOf('@') >= 0;
        }

        /**
         * The mailbox with a name that is no address: nothing in place of the mailbox's own, and "at" for the sign in
         * any other.
         */
        public Optional<String> withoutAddressInName() {
            String decoded = Phrase.decoded(name);
            String shown = decoded.length() > LONGEST_LINE / 2
                            || EmailAddress.parse(decoded).equals(address)
                    ? ""
                    : decoded.replace("@", " at ");
            return shown.isEmpty()
                    ? Optional.of(written)
                            .filter(spelling -> PLAIN_ADDRESS.matcher(spelling).matches())
                    : written(EncoderUtil.encodeAddressDisplayName(shown), written);
        }

        private Mailbox behind(String beginning) {
            return new Mailbox(
                    beginning + ": " + text,
                    name.isEmpty() ? beginning : beginning + ": " + name,
                    written,
                    address,
                    false);
        }

        private Optional<String> written(String phrase, String spelling) {
            if (!PLAIN_ADDRESS.matcher(spelling).matches()) {
                return Optional.empty();
            }
            if (phrase.isEmpty()) {
                return Optional.of(name.isEmpty() ? spelling : "<" + spelling + ">");
            }
            String whole = phrase + " <" + spelling + ">";
            return Optional.of(
                    whole.length() < LONGEST_LINE && PLAIN.matcher(whole).matches() ? whole : "<" + spelling + ">");
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
        return new AddressListParser(value).parse();
    }

    public List<Mailbox> mailboxes() {
        return mailboxes;
    }

    /** Whether the list is one of plain mailboxes between commas, without groups. */
    public boolean isPlain() {
        return plain && mailboxes.stream().allMatch(Mailbox::plain);
    }

    /** Reads char by char. For one list. */
    private static final class AddressListParser {

        private final List<Mailbox> mailboxes = new ArrayList<>();
        private final String value;
        private final Matcher encodedWord;
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
        private boolean rewritten;
        // What stood before a comma and is no address: perhaps the beginning of a name.
        private String before = "";
        // What stood before a colon: the name of a group, or the beginning of a name if no semicolon ends the group.
        private String beforeColon = "";
        private int groupStart;

        AddressListParser(String value) {
            this.value = value;
            this.encodedWord = Phrase.ENCODED_WORD.matcher(value);
        }

        Optional<AddressList> parse() {
            int at = 0;
            while (at < value.length()) {
                boolean word = value.charAt(at) == '='
                        && isStructural()
                        && encodedWord.region(at, value.length()).lookingAt();
                if (word) {
                    encodedWord(encodedWord.group());
                    at = encodedWord.end();
                } else {
                    next(value.charAt(at++));
                }
            }
            return end();
        }

        private void encodedWord(String word) {
            String escaped = Phrase.escaped(word);
            rewritten |= !escaped.equals(word);
            text.append(word);
            bare.append(escaped);
        }

        private boolean isStructural() {
            return !quoted && comments == 0 && !inAngle && !inLiteral;
        }

        private void next(char c) {
            if (isStructural() && (c == ',' || c == ';' || c == ':')) {
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
                beginGroup();
                return;
            }
            mailbox(c == ',');
            if (c == ';') {
                plain = false;
                inGroup = false;
                beforeColon = "";
            }
        }

        private void beginGroup() {
            String whole = text.toString().strip();
            String beginning = before.isEmpty() || whole.isEmpty() ? before + whole : before + ", " + whole;
            if (mailboxes.size() > groupStart) {
                endName();
            }
            beforeColon += beforeColon.isEmpty() || beginning.isEmpty() ? beginning : ": " + beginning;
            groupStart = mailboxes.size();
            inGroup = true;
            plain = false;
            before = "";
            clear();
        }

        /** RFC 5322 section 3.4 ends a group with a semicolon; without one, people wrote a name that holds a colon. */
        private void endName() {
            boolean isName = inGroup
                    && mailboxes.size() > groupStart
                    && !beforeColon.isEmpty()
                    && beforeColon.length() <= LONGEST_BEGINNING
                    && beforeColon.indexOf('@') < 0;
            if (isName) {
                Mailbox first = mailboxes.get(groupStart);
                if (first.address().isPresent() && !first.text().equals(first.written())) {
                    mailboxes.set(groupStart, first.behind(beforeColon));
                }
            }
            beforeColon = "";
        }

        private void mailbox(boolean beforeComma) {
            String whole = text.toString().strip();
            String name = bare.toString().strip();
            boolean noAddress = angles == 0 && whole.indexOf('@') < 0;
            if (!before.isEmpty()
                    && (before.length() + whole.length() > LONGEST_BEGINNING
                            || !noAddress && (angles != 1 || name.isEmpty())
                            || !beforeComma && noAddress)) {
                addNoAddress();
            }
            if (noAddress && beforeComma && !whole.isEmpty()) {
                before += (before.isEmpty() ? "" : ", ") + whole;
            } else if (!whole.isEmpty()) {
                add(before.isEmpty() ? whole : before + ", " + whole, before.isEmpty() ? name : before + ", " + name);
                before = "";
            }
            clear();
        }

        private void addNoAddress() {
            mailboxes.add(new Mailbox(before, before, before, Optional.empty(), false));
            before = "";
        }

        private void add(String whole, String name) {
            if (angles > 0) {
                String written = angle.toString().strip();
                Optional<EmailAddress> address = angles > 1 ? Optional.empty() : EmailAddress.parse(utf8(written));
                mailboxes.add(
                        new Mailbox(whole, name, written, address, !rewritten && isPlain(whole, address.isPresent())));
                return;
            }
            Optional<EmailAddress> address = EmailAddress.parse(utf8(name));
            mailboxes.add(
                    address.isEmpty()
                            ? withoutBrackets(whole, name)
                            : new Mailbox(whole, "", name, address, !rewritten && isPlain(whole, true)));
        }

        /** A name beside an address, as devices write it: {@code "Scanner" scan@example.com}. */
        private static Mailbox withoutBrackets(String whole, String bare) {
            List<String> words = new ArrayList<>();
            List<String> addresses = new ArrayList<>();
            Matcher token = TOKEN.matcher(bare);
            while (token.find()) {
                boolean isAddress =
                        !token.group().startsWith("\"") && token.group().indexOf('@') >= 0;
                if (isAddress) {
                    addresses.add(token.group());
                } else if (WORD_CHAR.matcher(token.group()).find()) {
                    words.add(token.group());
                }
            }
            return addresses.size() == 1
                            && PLAIN_ADDRESS.matcher(addresses.get(0)).matches()
                    ? new Mailbox(
                            whole,
                            String.join(" ", words),
                            addresses.get(0),
                            EmailAddress.parse(utf8(addresses.get(0))),
                            false)
                    : new Mailbox(whole, "", bare, Optional.empty(), false);
        }

        private static boolean isPlain(String whole, boolean hasAddress) {
            return hasAddress
                    && whole.length() < LONGEST_LINE
                    && PLAIN.matcher(withoutHarmlessComments(whole).strip()).matches();
        }

        private static String withoutHarmlessComments(String whole) {
            return whole.indexOf('(') < 0
                    ? whole
                    : HARMLESS_COMMENT.matcher(whole).replaceAll(" ");
        }

        private void clear() {
            text.setLength(0);
            bare.setLength(0);
            angle.setLength(0);
            angles = 0;
            rewritten = false;
        }

        private Optional<AddressList> end() {
            mailbox(false);
            if (!before.isEmpty()) {
                addNoAddress();
            }
            endName();
            return broken || quoted || escaped || inAngle || inLiteral || comments > 0
                    ? Optional.empty()
                    : Optional.of(new AddressList(mailboxes, plain));
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
