/**
 * Can a domain receive mail? The name, the question to DNS, the verdict and its cache.
 *
 * <p>Plain Java: no James type is known here, so the rules outlive the James release they run on.
 */
@NullMarked
package io.relaypod.verdict;

import org.jspecify.annotations.NullMarked;
