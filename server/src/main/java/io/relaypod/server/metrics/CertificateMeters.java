package io.relaypod.server.metrics;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.inject.Inject;

import com.google.common.base.Suppliers;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.relaypod.server.smtp.SmtpTls;
import nl.altindag.ssl.util.CertificateUtils;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.protocols.lib.SslConfig;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exposes when SMTP's certificates expire. Without the meter an expired certificate is noticed only when clients stop
 * sending. The certificates of smtpserver.xml are read from their files. Thread-safe.
 */
public final class CertificateMeters {

    private static final Logger LOGGER = LoggerFactory.getLogger(CertificateMeters.class);

    private static final Duration READ_EVERY = Duration.ofMinutes(10);

    private final FileSystem files;
    private final List<SslConfig> servers;
    private final Optional<SmtpTls> tls;

    /** @throws ConfigurationException when smtpserver.xml cannot be read */
    @Inject
    public CertificateMeters(ConfigurationProvider configuration, FileSystem files, Optional<SmtpTls> tls)
            throws ConfigurationException {
        this.files = files;
        this.tls = tls;
        this.servers = new ArrayList<>();
        for (HierarchicalConfiguration<ImmutableNode> server :
                configuration.getConfiguration("smtpserver").configurationsAt("smtpserver")) {
            SslConfig own = SslConfig.parse(server);
            if (own.useStartTLS() || own.useSSL()) {
                servers.add(own);
            }
        }
    }

    /** Registers the expiry of the certificate that expires first. Registers nothing if no server has a certificate. */
    public void register(MeterRegistry registry) {
        if (!servers.isEmpty() || tls.isPresent()) {
            Supplier<Number> expiryInXml =
                    Suppliers.memoizeWithExpiration(this::firstExpiry, READ_EVERY.toMillis(), TimeUnit.MILLISECONDS);
            Supplier<Number> expiry = tls.<Supplier<Number>>map(
                            identity -> () -> identity.end().getEpochSecond())
                    .orElse(expiryInXml);
            TimeGauge.builder("relaypod.smtp.certificate.expiry.timestamp", expiry, TimeUnit.SECONDS)
                    .description("Expiry of the TLS certificate, in seconds since 1970; NaN if the file cannot be read")
                    .register(registry);
        }
    }

    private Number firstExpiry() {
        return servers.stream()
                .map(this::certificates)
                .flatMap(Collection::stream)
                .filter(X509Certificate.class::isInstance)
                .map(X509Certificate.class::cast)
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .<Number>map(Instant::getEpochSecond)
                .orElse(Double.NaN);
    }

    private List<? extends Certificate> certificates(SslConfig tls) {
        try {
            return tls.getKeystore() == null
                    ? CertificateUtils.loadCertificate(files.getResource(tls.getCertificates()))
                    : inKeystore(tls);
        } catch (IOException | GeneralSecurityException | RuntimeException unreadable) {
            LOGGER.warn("event=certificate-unreadable reason=\"{}\"", unreadable.getMessage());
            return List.of();
        }
    }

    private List<Certificate> inKeystore(SslConfig tls) throws IOException, GeneralSecurityException {
        KeyStore keystore = KeyStore.getInstance(tls.getKeystoreType());
        try (var file = files.getResource(tls.getKeystore())) {
            keystore.load(file, Optional.ofNullable(tls.getSecret()).orElse("").toCharArray());
        }
        List<Certificate> found = new ArrayList<>();
        for (String alias : Collections.list(keystore.aliases())) {
            if (keystore.isKeyEntry(alias)) {
                found.add(keystore.getCertificate(alias));
            }
        }
        return found;
    }
}
