/**
 * What Graph and smtp2graph take, so that nothing is accepted here that they refuse for ever or keep and never send: a
 * readable header, a mailbox to send as, a size with room for what is added on the way.
 *
 * <p>Plain Java: no James type is known here.
 */
@NullMarked
package io.relaypod.deliverability;

import org.jspecify.annotations.NullMarked;
