/**
 * The pages at METRICS_ADDR: metrics, health, the status page. Anybody who reaches the address can read them, so no
 * page shows a local part of an address.
 */
@NullMarked
package io.relaypod.server.monitoring;

import org.jspecify.annotations.NullMarked;
