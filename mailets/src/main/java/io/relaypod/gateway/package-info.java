/** Delivery: sends a mail to the gateway without changing a byte, and queues or stores it if that fails. */
@NullMarked
package io.relaypod.gateway;

import org.jspecify.annotations.NullMarked;
