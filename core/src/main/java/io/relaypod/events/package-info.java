/** Events of a mail's life, and the log of them. */
@NullMarked
package io.relaypod.events;

import org.jspecify.annotations.NullMarked;
