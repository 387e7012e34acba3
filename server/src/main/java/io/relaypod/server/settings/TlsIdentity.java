package io.relaypod.server.settings;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Instant;
import java.util.List;

import javax.net.ssl.SSLContext;

import nl.altindag.ssl.SSLFactory;
import nl.altindag.ssl.util.PemUtils;

/**
 * A certificate with its private key, ready for TLS. Keys are PKCS#8, or as OpenSSL and cert-manager write them by default, PKCS#1 (RSA) and
 * SEC 1 (EC). Immutable.
 *
 * @param chain the certificate, then those that signed it
 */
public record TlsIdentity(List<X509Certificate> chain, SSLContext context) {

    // Any text will do.
    private static final byte[] PROOF = {'r', 'e', 'l', 'a', 'y'};

    /**
     * @throws IllegalArgumentException saying which file is wrong and why, and nothing of the key
     */
    public static TlsIdentity read(TlsFiles files) {
        List<X509Certificate> chain = certificates(TextFile.text(files.certificate()));
        PrivateKey key = key(TextFile.text(files.key()), chain.get(0).getPublicKey().getAlgorithm());
        checkIsPair(chain.get(0), key);
        SSLContext context = SSLFactory.builder()
            .withIdentityMaterial(key, new char[0], chain.toArray(Certificate[]::new))
            .build().getSslContext();
        return new TlsIdentity(chain, context);
    }

    private static List<X509Certificate> certificates(String pem) {
        try {
            return PemUtils.parseCertificate(pem);
        } catch (RuntimeException wrong) {
            throw new IllegalArgumentException("the certificate cannot be used: " + wrong.getMessage(), wrong);
        }
    }

    private static PrivateKey key(String pem, String algorithm) {
        byte[] pkcs8;
        try {
            pkcs8 = PemUtils.parsePrivateKey(pem).getEncoded();
        } catch (RuntimeException wrong) {
            throw new IllegalArgumentException("the key in SMTP_TLS_KEY_FILE cannot be used: it is encrypted, or no private key in PEM", wrong);
        }
        try {
            // Bouncy Castle's own key has an algorithm that the JDK's TLS does not know.
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException another) {
            throw new IllegalArgumentException("the key in SMTP_TLS_KEY_FILE is no " + algorithm + " key, as the first certificate's is", another);
        }
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
            throw new IllegalArgumentException("the first certificate is not that of the key in SMTP_TLS_KEY_FILE", another);
        }
    }

    private static String algorithm(PrivateKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
    }

    /** When the certificate, or one of those that signed it, ends. */
    public Instant end() {
        return chain.stream().map(each -> each.getNotAfter().toInstant()).min(Instant::compareTo).orElseThrow();
    }

    /** Whether clients would accept it now, as far as time goes. */
    public boolean isValid(Clock clock) {
        Instant now = clock.instant();
        return now.isBefore(end()) && !now.isBefore(chain.get(0).getNotBefore().toInstant());
    }
}
