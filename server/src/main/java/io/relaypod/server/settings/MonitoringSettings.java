package io.relaypod.server.settings;

import java.time.Duration;

/**
 * Where metrics, health and the status page are served, and how much of us whoever asks may take.
 *
 * @param connections at a time
 * @param timeout to send a request; reading the answer may take three times as long
 */
public record MonitoringSettings(ListenAddress address, int connections, Duration timeout) {}
