package io.relaypod.events;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MailSummaryTest {

    @Test
    void isReadAsItWasWritten() {
        MailSummary summary = new MailSummary("<1@a.example>", "Grüße, 予約", "app@a.example");

        assertThat(MailSummary.parse(summary.text())).isEqualTo(summary);
        assertThat(MailSummary.parse("")).isEqualTo(MailSummary.UNKNOWN);
        assertThat(MailSummary.parse("<1@a.example>").subject()).isEmpty();
    }

    @Test
    void hasNoCharacterThatATerminalObeysOrThatEndsALine() {
        MailSummary summary = new MailSummary("<1@a>\r\nx", "\u001b[31mred\u202egnp\u2028.exe\n", "a\u0000@a.example");

        assertThat(summary.text().replace("\n", "")).doesNotContainPattern("[\\p{Cc}\\p{Cf}\u2028]");
        assertThat(MailSummary.parse(summary.text())).isEqualTo(summary);
    }

    @Test
    void isBoundedAndKeepsNoHalfOfACharacter() {
        String long1 = "x".repeat(MailSummary.LONGEST_SUBJECT - 1) + "\ud83d\ude00" + "y".repeat(99_999);
        MailSummary summary = new MailSummary("<" + long1 + ">", long1, long1);

        assertThat(summary.subject()).isEqualTo("x".repeat(MailSummary.LONGEST_SUBJECT - 1));
        assertThat(summary.text().length()).isLessThan(1_100);
    }
}
