/**
 * Whom a mail names: addresses, lists of them in header fields, and what must change in To and Cc so that they name
 * nobody but the recipients of one copy.
 *
 * <p>Plain Java: no James type is known here.
 */
@NullMarked
package io.relaypod.headers;

import org.jspecify.annotations.NullMarked;
