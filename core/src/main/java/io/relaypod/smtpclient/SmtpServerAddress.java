package io.relaypod.smtpclient;

import java.net.InetAddress;

/**
 * An address of an SMTP server.
 *
 * @param host name that the server's certificate is verified for
 * @param usesImplicitTls whether TLS begins before the greeting (RFC 8314 section 3.3)
 */
public record SmtpServerAddress(String host, InetAddress address, int port, boolean usesImplicitTls) {}
