package io.relaypod.mime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransferEncodingTest {

    @ParameterizedTest
    @CsvSource({
        "base64,=,''",
        "base64,==QQ==,''",
        "base64,QkVHSU4=,BEGIN",
        "base64,QQ==,A",
        "quoted-printable,=,'='",
        "quoted-printable,a=42,aB",
        "uuencode,nothing,''",
        "uuencode,'begin 644 a\n#04)#\n',ABC",
        "uuencode,'begin 644 a\nx\n#04)#\nÿ\nend\n',ABC"
    })
    void whatIsDecodedCanBeReadAsTextToItsEnd(String encoding, String body, String content) throws IOException {
        InputStream decoded = TransferEncoding.of(encoding)
                .decode(new ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII)));
        assertThat(text(new InputStreamReader(decoded, StandardCharsets.US_ASCII)))
                .isEqualTo(content);
    }

    private static String text(Reader reader) throws IOException {
        StringWriter text = new StringWriter();
        reader.transferTo(text);
        return text.toString();
    }
}
