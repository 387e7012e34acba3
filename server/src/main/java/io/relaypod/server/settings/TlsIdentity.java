package io.relaypod.server.settings;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

import nl.altindag.ssl.SSLFactory;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;

/**
 * A certificate with its private key, ready for TLS. The key is PKCS#8, or in the default forms of OpenSSL and
 * cert-manager: PKCS#1 (RSA) or SEC 1 (EC). Immutable.
 *
 * @param chain the certificate, then those that signed it
 */
public record TlsIdentity(List<X509Certificate> chain, SSLContext context) {

    // Any text will do.
    private static final byte[] PROOF = {'r', 'e', 'l', 'a', 'y'};

    /** @throws IllegalArgumentException if a file is wrong; the message has the reason and nothing of the key */
    public static TlsIdentity read(TlsFiles files) {
        List<X509Certificate> chain = certificates(TextFile.text(files.certificate()));
        PrivateKey key =
                key(TextFile.text(files.key()), chain.get(0).getPublicKey().getAlgorithm());
        checkIsPair(chain.get(0), key);
        SSLContext context = SSLFactory.builder()
                .withIdentityMaterial(key, new char[0], chain.toArray(Certificate[]::new))
                .build()
                .getSslContext();
        return new TlsIdentity(chain, context);
    }

    private static List<X509Certificate> certificates(String pem) {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            List<X509Certificate> chain = new ArrayList<>();
            for (Object object : objects(pem)) {
                if (object instanceof X509CertificateHolder certificate) {
                    chain.add((X509Certificate)
                            factory.generateCertificate(new ByteArrayInputStream(certificate.getEncoded())));
                }
            }
            if (chain.isEmpty()) {
                throw new IOException("there is none in PEM");
            }
            return List.copyOf(chain);
        } catch (IOException | GeneralSecurityException | RuntimeException wrong) {
            throw new IllegalArgumentException("the certificate cannot be used: " + wrong.getMessage(), wrong);
        }
    }

    private static PrivateKey key(String pem, String algorithm) {
        byte[] pkcs8;
        try {
            pkcs8 = pkcs8(pem);
        } catch (IOException | RuntimeException wrong) {
            throw new IllegalArgumentException(
                    "the key in SMTP_TLS_KEY_FILE cannot be used: it is encrypted, or no private key in PEM", wrong);
        }
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException another) {
            throw new IllegalArgumentException(
                    "the key in SMTP_TLS_KEY_FILE is no " + algorithm + " key, as the first certificate's is", another);
        }
    }

    private static byte[] pkcs8(String pem) throws IOException {
        for (Object object : objects(pem)) {
            if (object instanceof PEMKeyPair pair) {
                return pair.getPrivateKeyInfo().getEncoded();
            }
            if (object instanceof PrivateKeyInfo key) {
                return key.getEncoded();
            }
        }
        throw new IOException("no private key");
    }

    // Bouncy Castle only parses PEM. Its provider, which PemUtils would register, takes megabytes of the heap.
    private static List<Object> objects(String pem) throws IOException {
        List<Object> objects = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
                objects.add(object);
            }
        }
        return objects;
    }

    private static void checkIsPair(X509Certificate certificate, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(algorithm(key));
            signature.initSign(key);
            signature.update(PROOF);
            byte[] proof = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(PROOF);
            if (!signature.verify(proof)) {
                throw new GeneralSecurityException("it signs for another");
            }
        } catch (GeneralSecurityException another) {
            throw new IllegalArgumentException(
                    "the first certificate is not that of the key in SMTP_TLS_KEY_FILE", another);
        }
    }

    private static String algorithm(PrivateKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
    }

    /** The earliest end of the certificate and of those that signed it. */
    public Instant end() {
        return chain.stream()
                .map(each -> each.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** Whether it is within its time. */
    public boolean isValid(Clock clock) {
        Instant now = clock.instant();
        return now.isBefore(end()) && !now.isBefore(chain.get(0).getNotBefore().toInstant());
    }
}
