/**
 * Checks whether Graph and smtp2graph accept a message: a readable header, a mailbox to send from, a size with room for
 * added fields.
 *
 * <p>Plain Java: this package does not use James.
 */
@NullMarked
package io.relaypod.deliverability;

import org.jspecify.annotations.NullMarked;
