package io.relaypod.events;

import java.net.InetAddress;

/**
 * Who speaks SMTP to us.
 *
 * @param session names the connection in the log
 * @param address where it comes from
 */
public record SubmittingClient(String session, InetAddress address) {}
