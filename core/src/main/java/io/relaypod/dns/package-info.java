/**
 * DNS queries over UDP and TCP, failover between servers, and the checks that detect a server that lies.
 *
 * <p>Plain Java: this package does not use James.
 */
@NullMarked
package io.relaypod.dns;

import org.jspecify.annotations.NullMarked;
