package io.relaypod.throttle;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A limit on the number of mails in a sliding window.
 *
 * @param mails at least one
 * @param per above zero
 */
public record SendingRate(int mails, Duration per) {

    /** The expected form of a rate, for error messages. */
    public static final String EXPECTED = "a number of mails from 1 to 100000 and s, m, h or d, such as 30/m";

    private static final Pattern TEXT = Pattern.compile("(?<mails>\\d{1,6})/(?<unit>[smhd])");
    private static final Map<String, Duration> UNITS = Map.of(
            "s",
            ChronoUnit.SECONDS.getDuration(),
            "m",
            ChronoUnit.MINUTES.getDuration(),
            "h",
            ChronoUnit.HOURS.getDuration(),
            "d",
            ChronoUnit.DAYS.getDuration());
    private static final int MOST = 100_000;

    public SendingRate {
        if (mails < 1 || mails > MOST || per.isZero() || per.isNegative()) {
            throw new IllegalArgumentException(mails + " mails in " + per + "; expected " + EXPECTED);
        }
    }

    /**
     * @param text such as {@code 30/m}
     * @throws IllegalArgumentException when it is no rate
     */
    public static SendingRate parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "'; expected " + EXPECTED);
        }
        return new SendingRate(
                Integer.parseInt(matcher.group("mails")), Objects.requireNonNull(UNITS.get(matcher.group("unit"))));
    }
}
