package io.relaypod.server.settings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Optional;

import io.relaypod.server.xml.InvalidXmlException;
import io.relaypod.server.xml.XmlElement;
import io.relaypod.server.xml.XmlFileReader;

/**
 * PEM files of SMTP's certificate and its private key, which are tls.crt and tls.key in cert-manager's Secret.
 *
 * @param certificate followed by those that signed it
 */
public record TlsFiles(Path certificate, Path key) {

    static Optional<TlsFiles> read(Environment environment) {
        Optional<Path> certificate = environment.path(Variable.SMTP_TLS_CERT_FILE);
        Optional<Path> key = environment.path(Variable.SMTP_TLS_KEY_FILE);
        if (certificate.isEmpty() != key.isEmpty()) {
            environment.reject(
                    certificate.isEmpty() ? Variable.SMTP_TLS_CERT_FILE : Variable.SMTP_TLS_KEY_FILE,
                    "a certificate and its key belong together");
        }
        if (certificate.isEmpty() || key.isEmpty()) {
            return Optional.empty();
        }
        TlsFiles files = new TlsFiles(certificate.get(), key.get());
        boolean hasCertificate = isReadable(environment, Variable.SMTP_TLS_CERT_FILE, files.certificate());
        boolean hasKey = isReadable(environment, Variable.SMTP_TLS_KEY_FILE, files.key());
        if (hasCertificate && hasKey) {
            try {
                TlsIdentity.read(files);
            } catch (IllegalArgumentException wrong) {
                environment.reject(Variable.SMTP_TLS_CERT_FILE, wrong.getMessage());
            } catch (NoClassDefFoundError withoutBouncyCastle) {
                // Commands in a running container do not load it, because it would take most of their memory.
                environment.warn(
                        Variable.SMTP_TLS_CERT_FILE,
                        "this command cannot read keys; the command validate of a new container can");
            }
        }
        return Optional.of(files);
    }

    private static boolean isReadable(Environment environment, Variable variable, Path file) {
        try {
            TextFile.bytes(file);
            return true;
        } catch (IllegalArgumentException unreadable) {
            environment.reject(variable, unreadable.getMessage());
            return false;
        }
    }

    static void checkCertificates(Path file) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(file)) {
            if (CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
                throw new CertificateException("it has no certificate");
            }
        }
    }

    /** Whether smtpserver.xml turns James' own TLS on. */
    static boolean isTlsInSmtpServerXml(Path jamesConf) {
        Path file = jamesConf.resolve("smtpserver.xml");
        if (!Files.isReadable(file)) {
            return false;
        }
        try {
            return XmlFileReader.read("smtpserver.xml", TextFile.bytes(file))
                    .children("smtpserver")
                    .flatMap(server -> server.children("tls"))
                    .anyMatch(tls -> isOn(tls, "startTLS") || isOn(tls, "socketTLS"));
        } catch (InvalidXmlException | IllegalArgumentException unreadable) {
            return false; // the check of james-conf reports it
        }
    }

    private static boolean isOn(XmlElement tls, String attribute) {
        return tls.attribute(attribute).filter("true"::equalsIgnoreCase).isPresent();
    }
}
