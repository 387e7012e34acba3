/** Rate limit for each sending mailbox. Exchange has one, and smtp2graph does not retry what exceeds it. */
@NullMarked
package io.relaypod.throttle;

import org.jspecify.annotations.NullMarked;
