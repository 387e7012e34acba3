package io.relaypod.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;

import io.relaypod.server.settings.TlsFiles;
import io.relaypod.server.settings.TlsIdentity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Certificates and keys as OpenSSL, cert-manager and people write them. */
class TlsIdentityTest {

    @TempDir
    private Path directory;

    private TlsIdentity read(String certificates, String key) throws Exception {
        return TlsIdentity.read(new TlsFiles(
                Files.writeString(directory.resolve("crt"), certificates),
                Files.writeString(directory.resolve("key"), key)));
    }

    @ParameterizedTest
    @EnumSource
    void everyFormatOfAKeyIsRead(TestCertificate.Form form) throws Exception {
        TestCertificate certificate = TestCertificate.of(form, Duration.ofDays(1));
        TestCertificate issuer = TestCertificate.of(TestCertificate.Form.EC_PKCS8, Duration.ofHours(1));
        TlsIdentity identity = read(
                "# its chain\n" + certificate.pem() + "\n" + issuer.pem(),
                certificate.key().replace("\n", "\r\n"));
        assertThat(identity.chain()).containsExactly(certificate.certificate(), issuer.certificate());
        assertThat(identity.end())
                .as("the earliest expiry of the chain")
                .isEqualTo(issuer.certificate().getNotAfter().toInstant());
        assertThat(identity.context().createSSLEngine()).isNotNull();
    }

    @Test
    void ecParametersBeforeAKeyAreIgnored() throws Exception {
        TestCertificate certificate = TestCertificate.of(TestCertificate.Form.EC_SEC1, Duration.ofDays(1));
        // prime256v1
        assertThat(read(
                                certificate.pem(),
                                "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
                                        + certificate.key())
                        .chain())
                .hasSize(1);
    }

    @Test
    void oneFileMayHoldCertificateAndKey() throws Exception {
        TestCertificate certificate = TestCertificate.of(TestCertificate.Form.RSA_PKCS1, Duration.ofDays(1));
        assertThat(read(certificate.key() + certificate.pem(), certificate.key() + certificate.pem())
                        .chain())
                .containsExactly(certificate.certificate());
    }

    @Test
    void theErrorAboutAnInvalidPairNamesTheFileAndShowsNoKey() throws Exception {
        TestCertificate one = TestCertificate.of(TestCertificate.Form.EC_PKCS8, Duration.ofDays(1));
        TestCertificate other = TestCertificate.of(TestCertificate.Form.EC_PKCS8, Duration.ofDays(1));
        TestCertificate rsa = TestCertificate.of(TestCertificate.Form.RSA_PKCS8, Duration.ofDays(1));
        assertThatThrownBy(() -> read(one.pem(), other.key()))
                .hasMessageContaining("the first certificate is not that of the key");
        assertThatThrownBy(() -> read(other.pem() + one.pem(), one.key()))
                .as("the wrong order")
                .hasMessageContaining("the first certificate is not that of the key");
        assertThatThrownBy(() -> read(one.pem(), rsa.key())).hasMessageContaining("is no EC key");
        assertThatThrownBy(() -> read(one.key(), one.pem()))
                .as("the files swapped")
                .hasMessageContaining("the certificate cannot be used");
        assertThatThrownBy(() -> read(one.pem(), one.pem()))
                .hasMessageContaining("the key in SMTP_TLS_KEY_FILE cannot be used");
        assertThatThrownBy(() -> read(one.pem(), ""))
                .hasMessageContaining("the key in SMTP_TLS_KEY_FILE cannot be used");
        assertThatThrownBy(() -> read(one.pem(), one.key().substring(0, 60)))
                .hasMessageContaining("the key in SMTP_TLS_KEY_FILE cannot be used")
                .message()
                .doesNotContain(one.key().substring(30, 50));
    }

    @Test
    void aCertificateIsValidBetweenItsTimes() throws Exception {
        Instant now = Instant.parse("2026-06-01T00:00:00Z");
        TestCertificate certificate = TestCertificate.of(TestCertificate.Form.EC_PKCS8, now, now.plusSeconds(60));
        TlsIdentity identity = read(certificate.pem(), certificate.key());
        assertThat(identity.isValid(Clock.fixed(now, ZoneOffset.UTC))).isTrue();
        assertThat(identity.isValid(Clock.fixed(now.minusSeconds(1), ZoneOffset.UTC)))
                .isFalse();
        assertThat(identity.isValid(Clock.fixed(now.plusSeconds(60), ZoneOffset.UTC)))
                .isFalse();
    }
}
