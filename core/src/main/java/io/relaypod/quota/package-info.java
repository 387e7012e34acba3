/** Daily limits of recipients, below those of Exchange. A message beyond one waits, and is not sent to be refused. */
@NullMarked
package io.relaypod.quota;

import org.jspecify.annotations.NullMarked;
