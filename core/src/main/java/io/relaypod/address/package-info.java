/**
 * Mail domains and addresses: of the envelope (RFC 5321) and of header fields (RFC 5322).
 *
 * <p>Plain Java: this package does not use James.
 */
@NullMarked
package io.relaypod.address;

import org.jspecify.annotations.NullMarked;
