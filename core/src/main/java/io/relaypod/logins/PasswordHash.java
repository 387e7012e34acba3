package io.relaypod.logins;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.password4j.BcryptFunction;
import com.password4j.types.Bcrypt;

/**
 * A password's bcrypt hash, as {@code relaypod password} and {@code htpasswd -B} write it. bcrypt takes 4 KiB of
 * memory, which a heap of 64 MiB has room for, where Argon2 and scrypt take megabytes. Immutable.
 */
public final class PasswordHash {

    /** bcrypt ignores further bytes. */
    public static final int LONGEST_PASSWORD = 72;

    // OWASP's least. One more doubles what a login costs; htpasswd's default, 5, is guessed 32 times as fast.
    private static final int COST = 10;
    private static final int HIGHEST_COST = 13;
    private static final Pattern TEXT = Pattern.compile("\\$2[aby]\\$(?<cost>\\d\\d)\\$[./A-Za-z0-9]{53}");

    private final String text;
    private final int cost;

    private PasswordHash(String text, int cost) {
        this.text = text;
        this.cost = cost;
    }

    /**
     * @throws IllegalArgumentException when it is no bcrypt hash, or one of a cost outside 10 to 13; the message does
     *     not hold the text
     */
    public static PasswordHash parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "no hash; expected one that relaypod password makes, such as $2b$10$ and 53 characters");
        }
        int cost = Integer.parseInt(matcher.group("cost"));
        if (cost < COST || cost > HIGHEST_COST) {
            throw new IllegalArgumentException(
                    "a hash of cost " + cost + "; expected a cost from " + COST + " to " + HIGHEST_COST);
        }
        return new PasswordHash(text, cost);
    }

    /**
     * Hashes the password with a salt of its own. Takes tens of milliseconds.
     *
     * @throws IllegalArgumentException when bcrypt would not tell the password from another
     */
    public static PasswordHash of(byte[] password) {
        if (!isHashable(password)) {
            throw new IllegalArgumentException("a password of " + password.length + " bytes; expected 1 to "
                    + LONGEST_PASSWORD + " bytes, none of them NUL");
        }
        return parse(BcryptFunction.getInstance(Bcrypt.B, COST).hash(password).getResult());
    }

    // bcrypt does not distinguish passwords after the 72nd byte or after a NUL.
    private static boolean isHashable(byte[] password) {
        for (byte each : password) {
            if (each == 0) {
                return false;
            }
        }
        return password.length > 0 && password.length <= LONGEST_PASSWORD;
    }

    /**
     * Whether the hash is that of the password. Takes the same time for every password: tens of milliseconds, doubled
     * with each step of cost.
     */
    public boolean matches(byte[] password) {
        byte[] hash = text.getBytes(StandardCharsets.US_ASCII);
        boolean matches = BcryptFunction.getInstance(Bcrypt.B, cost).check(password, hash);
        return matches && isHashable(password);
    }

    int cost() {
        return cost;
    }

    /** The text that {@link #parse} reads. */
    public String text() {
        return text;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PasswordHash hash && hash.text.equals(text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** Without the hash, for a log. */
    @Override
    public String toString() {
        return "bcrypt hash of cost " + cost;
    }
}
