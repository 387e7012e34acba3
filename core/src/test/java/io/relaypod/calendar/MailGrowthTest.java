package io.relaypod.calendar;

import static io.relaypod.calendar.CalendarMails.CALENDAR;
import static io.relaypod.calendar.CalendarMails.crlf;
import static io.relaypod.calendar.CalendarMails.mixed;
import static io.relaypod.calendar.CalendarMails.source;
import static io.relaypod.calendar.CalendarMails.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.relaypod.mime.Part;
import io.relaypod.mime.StructureScanner;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is reckoned at the end of data holds: a changed mail is never larger than {@link StrippedMail} says, whatever
 * its calendars are.
 */
class MailGrowthTest {

    private static final String TEXT = "Content-Type: text/plain\n\nHello\n";

    static Stream<String> mailsThatGrow() {
        String message = "Content-Type: message/rfc822\n\n";
        String words = "\u00e4\u00b8\u00ad".repeat(100);
        List<String> events = IntStream.range(0, 200)
                .mapToObj(i -> "Content-Type: text/calendar\n\n"
                        + CALENDAR.replace("first meeting", i + words).replace("Room 5", i + words))
                .toList();
        return Stream.of(
                crlf("Content-Type: text/calendar\n\nx"),
                mixed(TEXT).replace("preamble", "BEGIN:VCALENDAR"),
                mixed(TEXT, "Content-Type: text/calendar\n\n" + CALENDAR),
                mixed(Stream.concat(Stream.of(TEXT), events.stream()).toArray(String[]::new)),
                mixed(events.toArray(String[]::new)),
                mixed(events.stream().map(message::concat).toArray(String[]::new)),
                mixed(IntStream.range(0, 2_000)
                        .mapToObj(i -> message + "Content-Type:text/ics\n\nx")
                        .toArray(String[]::new)),
                crlf(message.repeat(90) + "Content-Type:text/ics\n\nx"));
    }

    @ParameterizedTest
    @MethodSource("mailsThatGrow")
    void aMailWithoutItsCalendarsGrowsAsFarAsIsReckoned(String mail) throws Exception {
        long parts = 1
                + mail.lines()
                        .filter(line -> line.startsWith("--") || line.contains("rfc822"))
                        .count();
        for (boolean summary : List.of(true, false)) {
            StrippedMail changed = new CalendarStripper(summary).strip(source(mail));
            String stripped = text(changed);

            assertThat(changed.calendars()).isPositive();
            assertThat((long) stripped.length())
                    .isLessThanOrEqualTo(
                            mail.length() + StrippedMail.MAX_GROWTH + parts * StrippedMail.MAX_GROWTH_PER_PART);
            assertThat(parts(StructureScanner.scan(source(stripped))))
                    .isLessThanOrEqualTo(parts(StructureScanner.scan(source(mail))) + StrippedMail.MAX_PARTS_ADDED);
        }
    }

    private static int parts(Part part) {
        return 1 + part.children().stream().mapToInt(MailGrowthTest::parts).sum();
    }
}
