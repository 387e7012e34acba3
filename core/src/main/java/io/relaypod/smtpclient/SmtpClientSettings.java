package io.relaypod.smtpclient;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/**
 * Settings of an {@link SmtpClient}.
 *
 * @param heloName argument of EHLO
 * @param connectTimeout for the TCP connection
 * @param replyTimeout for each whole reply, and for the server to accept what is sent, plus a second for each 128 KiB
 * @param endOfDataTimeout for the reply to the end of data (RFC 5321 section 4.5.3.2.6)
 * @param usesStartTls whether to use STARTTLS where the server offers it
 * @param verifiesIdentity whether the certificate has to be for the name of the server
 * @param tls is asked once TLS begins, because the default one reads all trusted certificates into memory
 * @param credentials for AUTH PLAIN or LOGIN
 * @param localAddress to connect from
 */
public record SmtpClientSettings(
        String heloName,
        Duration connectTimeout,
        Duration replyTimeout,
        Duration endOfDataTimeout,
        boolean usesStartTls,
        boolean verifiesIdentity,
        Supplier<SSLSocketFactory> tls,
        Optional<SmtpCredentials> credentials,
        Optional<InetAddress> localAddress) {}
