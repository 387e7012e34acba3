/** What happens to mails, told from where it happens to the log and to whoever else listens. Knows no James. */
@NullMarked
package io.relaypod.events;

import org.jspecify.annotations.NullMarked;
