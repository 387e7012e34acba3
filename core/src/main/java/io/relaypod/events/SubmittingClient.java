package io.relaypod.events;

import java.net.InetAddress;

/**
 * The SMTP client that submits a mail.
 *
 * @param session id of the SMTP session, as in the log
 * @param address of the client
 */
public record SubmittingClient(String session, InetAddress address) {}
