/** Brokers in processes of their own, configured as docs/scaling.md says, for relays that share a broker. */
@NullMarked
package io.relaypod.lab.broker;

import org.jspecify.annotations.NullMarked;
