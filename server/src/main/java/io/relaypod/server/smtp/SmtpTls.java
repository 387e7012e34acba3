package io.relaypod.server.smtp;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;

import io.netty.handler.ssl.SslHandler;
import io.relaypod.server.settings.MountedFiles;
import io.relaypod.server.settings.TlsFiles;
import io.relaypod.server.settings.TlsIdentity;
import org.apache.james.protocols.api.ClientAuth;
import org.apache.james.protocols.netty.Encryption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS with the certificate of {@code SMTP_TLS_CERT_FILE}. A changed file is read again; open connections keep the
 * certificate of their handshake. Handshakes sign on a separate thread, not on the I/O threads. Thread-safe.
 */
public final class SmtpTls implements Encryption {

    private static final Logger LOGGER = LoggerFactory.getLogger(SmtpTls.class);

    private final MountedFiles<TlsIdentity> identity;
    private final Executor handshakes;

    /**
     * @param handshakes runs what takes milliseconds of a processor
     * @throws IllegalArgumentException when the files cannot be used
     */
    public SmtpTls(TlsFiles files, Clock clock, Executor handshakes) {
        this.identity = new MountedFiles<>(
                "smtp-certificate", List.of(files.certificate(), files.key()), () -> usable(files, clock));
        this.handshakes = handshakes;
        if (!identity.get().isValid(clock)) {
            LOGGER.warn("event=smtp-certificate-expired files={} end={}", files, end());
        }
    }

    // A certificate that clients refuse is no better than the one in force, unless that is as bad.
    private TlsIdentity usable(TlsFiles files, Clock clock) {
        TlsIdentity found = TlsIdentity.read(files);
        boolean isWorse = identity != null && identity.get().isValid(clock) && !found.isValid(clock);
        if (isWorse) {
            throw new IllegalArgumentException("the new certificate is valid from "
                    + found.chain().get(0).getNotBefore().toInstant() + " to " + found.end()
                    + ", and the one in force is valid now");
        }
        return found;
    }

    public void reloadIfChanged() {
        identity.reloadIfChanged();
    }

    /** Whether the files hold what cannot be used, so that an earlier certificate is in force. */
    public boolean isOutdated() {
        return identity.isOutdated();
    }

    /** When the certificate that is in force ends. */
    public Instant end() {
        return identity.get().end();
    }

    @Override
    public boolean isStartTLS() {
        return true;
    }

    @Override
    public boolean supportsEncryption() {
        return true;
    }

    /** James asks for what was set; the JDK's own choice is in force. */
    @Override
    public String[] getEnabledCipherSuites() {
        return new String[0];
    }

    @Override
    public ClientAuth getClientAuth() {
        return ClientAuth.NONE;
    }

    @Override
    public SslHandler sslHandler() {
        SSLEngine engine = identity.get().context().createSSLEngine();
        engine.setUseClientMode(false);
        return new SslHandler(engine, handshakes);
    }
}
