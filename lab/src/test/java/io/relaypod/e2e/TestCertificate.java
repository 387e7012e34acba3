package io.relaypod.e2e;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * A self-signed certificate for localhost and 127.0.0.1, with its key.
 *
 * @param key the private key in the format of a file
 */
record TestCertificate(X509Certificate certificate, String pem, String key) {

    /** A file format of a key. */
    enum Form {
        RSA_PKCS1,
        RSA_PKCS8,
        EC_SEC1,
        EC_PKCS8,
        ED25519_PKCS8
    }

    static TestCertificate of(Form form, Duration validFor) throws Exception {
        return of(form, Instant.now().minusSeconds(3_600), Instant.now().plus(validFor));
    }

    static TestCertificate of(Form form, Instant from, Instant to)
            throws GeneralSecurityException, OperatorCreationException, IOException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(
                form.name().startsWith("RSA") ? "RSA" : form.name().startsWith("EC") ? "EC" : "Ed25519");
        if (form.name().startsWith("EC")) {
            generator.initialize(new ECGenParameterSpec("secp256r1"));
        }
        KeyPair keys = generator.generateKeyPair();
        String algorithm = form.name().startsWith("RSA")
                ? "SHA256withRSA"
                : form.name().startsWith("EC") ? "SHA256withECDSA" : "Ed25519";
        X500Name name = new X500Name("CN=localhost");
        var builder = new JcaX509v3CertificateBuilder(
                name, BigInteger.valueOf(System.nanoTime()), Date.from(from), Date.from(to), name, keys.getPublic());
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
            new GeneralName(GeneralName.dNSName, "localhost"), new GeneralName(GeneralName.iPAddress, "127.0.0.1")
        }));
        X509Certificate certificate = new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(keys.getPrivate())));
        return new TestCertificate(certificate, pem(certificate), pem(written(keys.getPrivate(), form)));
    }

    private static Object written(PrivateKey key, Form form) throws IOException {
        if (form != Form.EC_SEC1) {
            return form == Form.RSA_PKCS1 ? key : new JcaPKCS8Generator(key, null);
        }
        // OpenSSL includes the curve.
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());
        BigInteger number = ECPrivateKey.getInstance(info.parsePrivateKey()).getKey();
        return new PemObject(
                "EC PRIVATE KEY",
                new ECPrivateKey(256, number, info.getPrivateKeyAlgorithm().getParameters()).getEncoded());
    }

    private static String pem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(object);
        }
        return text.toString();
    }

    /** Replaces the targets of tls.crt and tls.key in one step, as Kubernetes does for a mounted Secret. */
    void mount(Path directory) throws IOException {
        Path data = Files.createTempDirectory(directory, "..data-");
        Files.writeString(data.resolve("tls.crt"), pem);
        Files.writeString(data.resolve("tls.key"), key);
        swap(directory, data);
        for (String file : new String[] {"tls.crt", "tls.key"}) {
            if (!Files.exists(directory.resolve(file))) {
                Files.createSymbolicLink(directory.resolve(file), Path.of("..data", file));
            }
        }
    }

    static void swap(Path directory, Path data) throws IOException {
        Path link = directory.resolve("..data_tmp");
        Files.createSymbolicLink(link, data.getFileName());
        Files.move(
                link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Trusts only this certificate. */
    SSLContext trust() throws Exception {
        KeyStore certificates = KeyStore.getInstance(KeyStore.getDefaultType());
        certificates.load(null, new char[0]);
        certificates.setCertificateEntry("relaypod", certificate);
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(certificates);
        return context(trusted.getTrustManagers());
    }

    /** Trusts any certificate. */
    static SSLContext trustAll() throws GeneralSecurityException {
        return context(new TrustManager[] {
            new X509TrustManager() {
                @Override
                public void checkClientTrusted(X509Certificate[] chain, String type) {
                    // any certificate is trusted
                }

                @Override
                public void checkServerTrusted(X509Certificate[] chain, String type) {
                    // any certificate is trusted
                }

                @Override
                public X509Certificate[] getAcceptedIssuers() {
                    return new X509Certificate[0];
                }
            }
        });
    }

    private static SSLContext context(TrustManager[] trust) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust, null);
        return context;
    }
}
