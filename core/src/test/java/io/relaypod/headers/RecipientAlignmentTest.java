package io.relaypod.headers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipientAlignmentTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "To: a@x.com, B <b@x.com>\n",
                "to: a@x.com,\n\tb@x.com\nCC: c@x.com\n",
                "To: A@X.com (a note), \"B, or C\" <b@X.COM>\n",
                "To: =?utf-8?q?J=C3=B6rg=2C_a=40y.com?= <a@x.com>\n",
                "To: \"c@y.com\" <a@x.com>\n",
                "To: Dr. Who <a@x.com>\n",
                "To: \u00e9 <a@x.com>\n",
                "Subject: To: c@y.com\n"
            })
    void aHeaderThatAgreesIsNotTouched(String header) throws Exception {
        assertThat(edits(header, List.of("a@x.com", "b@x.com", "c@x.com"), List.of())
                        .isEmpty())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "c@y.com, A <a@x.com>, d@y.com | A <a@x.com>",
                "A <a@x.com>, B <b@x.com> | `A <a@x.com>,\n B <b@x.com>`",
                "Friends: a@x.com, c@y.com; | a@x.com",
                "Friends:a@x.com,b@x.com;, c@y.com | `a@x.com,\n b@x.com`",
                "A: B: a@x.com; | a@x.com",
                "Re: Anna <a@x.com>, c@y.com | \"Re: Anna\" <a@x.com>",
                "AW: Re: Anna <a@x.com>, Fwd: Bob <b@x.com> | `\"AW: Re: Anna\" <a@x.com>,\n \"Fwd: Bob\" <b@x.com>`",
                "`Doe, Team: \"A\" <a@x.com>` | \"Doe, Team: A\" <a@x.com>",
                "Support: <a@x.com> | Support <a@x.com>",
                "=?utf-8?q?R=C3=A9?=: A <a@x.com> | =?utf-8?q?R=C3=A9?= \": A\" <a@x.com>",
                "c@y.com: A <a@x.com> | A <a@x.com>",
                "mailto:a@x.com | a@x.com",
                "Re: A <c@y.com>, B <a@x.com> | B <a@x.com>",
                "c@y.com <a@x.com> | \"c@y.com\" <a@x.com>",
                "a@x.com, a@x.com | a@x.com",
                "a@x.com; c@y.com | a@x.com",
                "<@r.com:a@x.com> | a@x.com",
                "\"a\"@x.com | a@x.com",
                "(c@y.com) a@x.com | a@x.com",
                "a@x.com., z | a@x.com",
                "`\"quote \\\" c@y.com, \" <a@x.com>` | `\"quote \\\" c@y.com, \" <a@x.com>`",
                "`(a \\) in a comment, c@y.com) a@x.com` | a@x.com",
                "`\"one\" \"two\" <a@x.com>, [c@y.com], b@x.com` | `\"one\" \"two\" <a@x.com>,\n b@x.com`",
                "a@x.com \\ | a@x.com",
                "Acme, Inc. <a@x.com>, b@x.com | `\"Acme, Inc.\" <a@x.com>,\n b@x.com`",
                "Doe, John, M.D. <a@x.com> | \"Doe, John, M.D.\" <a@x.com>",
                "`Acme \"the best\", Inc. <a@x.com>` | `\"Acme the best, Inc.\" <a@x.com>`",
                "Acme, =?utf-8?q?=C3=9C?= <a@x.com> | \"Acme,\" =?utf-8?q?=C3=9C?= <a@x.com>",
                "nobody, c@y.com, a@x.com | a@x.com",
                "=?utf-8?q?a,_b:_<c@y.com>_[d]?= <a@x.com> | =?utf-8?q?a=2C_b=3A_=3Cc=40y.com=3E_=5Bd=5D?= <a@x.com>",
                "John (a, b) Doe <a@x.com> | John Doe <a@x.com>",
                "(John, b) <a@x.com> | a@x.com",
                "[Desk] Acme <a@x.com> | \"[Desk] Acme\" <a@x.com>",
                "`\"Scanner\" a@x.com` | Scanner <a@x.com>",
                "a@x.com the scanner | the scanner <a@x.com>",
                "a @ x.com | a@x.com"
            })
    void onlyRecipientsStayEachOnceAndPlain(String value, String aligned) throws Exception {
        // The second field makes every list change, so that what a list becomes is seen also where it agreed.
        assertThat(aligned("To: " + value + "\nTo: z@z.com\nSubject: s\n"))
                .isEqualTo("To: " + aligned + "\nSubject: s\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "undisclosed-recipients:;",
                "undisclosed-recipients: ;",
                "",
                "Friends: c@y.com;",
                "c@y.com",
                "a@x.com <c@y.com>",
                "\"open",
                "(open a@x.com",
                "<a@x.com",
                "a@x.com> b@x.com",
                "a@x.com ) b@x.com",
                "b <a@x.com> [c",
                "x <a@x.com> y <b@x.com>",
                "=?utf-8?q?a=40x.com?="
            })
    void whatNamesNoRecipientForSureGoes(String value) throws Exception {
        assertThat(aligned("Subject: s\nTo: " + value + "\nCc:" + value + "\n")).isEqualTo("Subject: s\n");
    }

    @Test
    void whoIsInToIsNotInCcAgain() throws Exception {
        assertThat(aligned("Cc: a@x.com, b@x.com\nTo: a@x.com\n")).isEqualTo("Cc: b@x.com\nTo: a@x.com\n");
    }

    @Test
    void severalFieldsBecomeOne() throws Exception {
        assertThat(aligned("To: a@x.com\nSubject: s\nTo : b@x.com\n"))
                .isEqualTo("To: a@x.com,\n b@x.com\nSubject: s\n");
    }

    @Test
    void aFieldWithABlankBeforeItsColonIsOneToo() throws Exception {
        assertThat(aligned("To : c@y.com\nCc\t: a@x.com\n")).isEqualTo("Cc: a@x.com\n");
    }

    @Test
    void bccNeverLeaves() throws Exception {
        assertThat(aligned("Bcc: a@x.com\nBCC : c@y.com\nResent-Bcc: c@y.com\nTo: a@x.com\n"))
                .isEqualTo("To: a@x.com\n");
    }

    @Test
    void theOriginalIsKeptWithoutWhoWasRefused() throws Exception {
        String header = "To: A <a@x.com>, c@y.com, other@z.com\nCc: C@Y.com\n";
        List<String> refused = List.of("c@Y.com");

        assertThat(text(edits(header, true, List.of("a@x.com"), refused), header))
                .isEqualTo("To: A <a@x.com>\nX-Relaypod-Original-To: A <a@x.com>,\n other@z.com\n");
        assertThat(text(
                        edits(header.replace(", other@z.com", ""), true, List.of("a@x.com"), refused),
                        header.replace(", other@z.com", "")))
                .isEqualTo("To: A <a@x.com>\n");
    }

    @Test
    void theRecordAndTheFieldStayBelowWhatMicrosoft365Takes() throws Exception {
        List<String> recipients =
                IntStream.range(0, 100).mapToObj(i -> "user." + i + "@x.com").toList();
        String name = "n".repeat(400);
        String to = IntStream.range(0, 900)
                .mapToObj(i -> name + " <user." + i + "@x.com>")
                .collect(Collectors.joining(",\n "));

        String[] fields = text(edits("To: " + to + "\n", true, recipients, List.of()), "To: " + to + "\n")
                .split("\n(?! )");

        assertThat(fields).hasSize(2);
        assertThat(fields[0]).hasSizeLessThan(32_000).isEqualTo("To: " + String.join(",\n ", recipients));
        assertThat(fields[1])
                .hasSizeLessThan(20_000)
                .matches("(?s)X-Relaypod-Original-To: n.* <user\\.38@x\\.com>,\n \\.\\.\\. and 861 more");
    }

    @Test
    void aFieldThatAgreesAndIsLongerThanMicrosoft365TakesLosesItsNames() throws Exception {
        List<String> recipients =
                IntStream.range(0, 100).mapToObj(i -> "user." + i + "@x.com").toList();
        String to = recipients.stream()
                .map(each -> "n".repeat(400) + " <" + each + ">")
                .collect(Collectors.joining(",\n ", "To: ", "\n"));

        assertThat(text(edits(to, false, recipients, List.of()), to))
                .isEqualTo("To: " + String.join(",\n ", recipients) + "\n");
    }

    @Test
    void aNameThatFillsTheLineGoesAndTheAddressStays() throws Exception {
        String aligned = aligned("To: " + "n".repeat(2_000) + " <a@x.com>\n");

        assertThat(aligned).isEqualTo("To: <a@x.com>\n");
    }

    @Test
    void bytesBeyondAsciiStayAsTheyAre() throws Exception {
        assertThat(aligned("To: J\u00c3\u00b6rg <a@x.com>, c@y.com\n")).isEqualTo("To: J\u00c3\u00b6rg <a@x.com>\n");
    }

    private static String aligned(String header) throws Exception {
        return text(edits(header, List.of("a@x.com", "b@x.com"), List.of()), header);
    }

    private static Edits edits(String header, List<String> recipients, List<String> refused) throws Exception {
        return edits(header, false, recipients, refused);
    }

    private static Edits edits(String header, boolean keepOriginal, List<String> recipients, List<String> refused)
            throws Exception {
        return new RecipientAlignment(recipients, keepOriginal, refused)
                .of(HeaderSection.read(source(header), RecipientAlignment.FIELDS));
    }

    private static String text(Edits edits, String header) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        edits.apply(source(header), out);
        return out.toString(StandardCharsets.ISO_8859_1)
                .replace("\r\n", "\n")
                .replaceAll("\nbody\n$", "")
                .replaceFirst("\\A\nbody\n", "");
    }

    private static MessageSource source(String header) {
        byte[] mail = (header + "\nbody\n").replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        return () -> new ByteArrayInputStream(mail);
    }
}
