package io.relaypod.headers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderSection;
import io.relaypod.mime.MessageSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SenderAlignmentTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "From: a@x.com\n",
                "from:a@x.com\nSender: \"B, C\" <b@x.com>\n",
                "From: A <a@x.com>,\n b@x.com\n",
                "Subject: x\nFrom: =?utf-8?q?=C3=A4?= <a@x.com>\n (a comment)\n",
                "From: nobody\n"
            })
    void aFieldWithItsAddressOnTheFirstLineIsNotTouched(String header) throws Exception {
        assertThat(edits(header).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`From:\n a@x.com` | From: a@x.com",
                "`From: A\n <a@x.com>` | From: A <a@x.com>",
                "`From: =?utf-8?q?A?=\n\t=?utf-8?q?B?=\n <a@x.com>` | `From: =?utf-8?q?A?=\t=?utf-8?q?B?= <a@x.com>`",
                "`From: \"A,\n B\" <a@x.com>` | From: \"A, B\" <a@x.com>",
                "`sender : a@x.com` | Sender: a@x.com",
                "`From: Team: A <a@x.com>, b@x.com;` | `From: A <a@x.com>,\n b@x.com`",
                "`From: Re: Anna <a@x.com>` | From: \"Re: Anna\" <a@x.com>",
                "`From: Project: X: Anna <a@x.com>` | From: \"Project: X: Anna\" <a@x.com>",
                "`From: a@y.com\n <a@x.com>` | From: \"a at y.com\" <a@x.com>",
                "`From: \"a@x.com\" <a@x.com>` | From: a@x.com",
                "`From: A@X.com <a@x.com>` | From: a@x.com",
                "`From: =?utf-8?b?YUB4LmNvbQ==?= <a@x.com>` | From: a@x.com",
                "`From: Printer@Hall <a@x.com>` | From: Printer at Hall <a@x.com>",
                "`From: =?utf-8?q?B=C3=BCro=40x?= <a@x.com>` | From: =?ISO-8859-1?Q?B=FCro_at_x?= <a@x.com>",
                "`From: Acme, Inc. <a@x.com>` | From: \"Acme, Inc.\" <a@x.com>",
                "`From: [Desk] Acme <a@x.com>` | From: \"[Desk] Acme\" <a@x.com>",
                "`From: =?utf-8?Q?B=C3=BCro_[Org]?= <a@x.com>` | From: =?utf-8?Q?B=C3=BCro_=5BOrg=5D?= <a@x.com>",
                "`From: =?utf-8?Q?a,b?= <a@x.com>` | From: =?utf-8?Q?a=2Cb?= <a@x.com>",
                "`From: \"Scanner\" a@x.com` | From: Scanner <a@x.com>",
                "`From: Scanner a@x.com` | From: Scanner <a@x.com>",
                "`From: a@x.com, \"Reply-To:jc\"@x.com` | From: a@x.com",
                "`From: \"a\"@x.com` | `From: \"a\"@x.com`"
            })
    void otherwiseItIsPutThereWithItsName(String field, String aligned) throws Exception {
        assertThat(text(field + "\nSubject: s\n")).isEqualTo(aligned + "\nSubject: s\n");
    }

    @Test
    void aNameThatDoesNotFitGoes() throws Exception {
        assertThat(text("From: " + "name ".repeat(220) + "\n <a@x.com>\n")).isEqualTo("From: <a@x.com>\n");
    }

    private static Edits edits(String header) throws Exception {
        return SenderAlignment.of(HeaderSection.read(source(header), SenderAlignment.FIELDS));
    }

    private static String text(String header) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        edits(header).apply(source(header), out);
        return out.toString(StandardCharsets.ISO_8859_1).replace("\r\n", "\n").replaceAll("\nbody\n$", "");
    }

    private static MessageSource source(String header) {
        byte[] mail = (header + "\nbody\n").replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
        return () -> new ByteArrayInputStream(mail);
    }
}
