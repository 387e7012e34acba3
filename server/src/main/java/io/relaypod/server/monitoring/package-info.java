/**
 * What METRICS_ADDR serves to anybody who may reach it: metrics, health, the status page. No address of a mail is ever
 * shown there.
 */
@NullMarked
package io.relaypod.server.monitoring;

import org.jspecify.annotations.NullMarked;
