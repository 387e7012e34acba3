/**
 * The address fields of a message, and the changes to them so that To and Cc list only the recipients of one copy.
 *
 * <p>Plain Java: this package does not use James.
 */
@NullMarked
package io.relaypod.headers;

import org.jspecify.annotations.NullMarked;
