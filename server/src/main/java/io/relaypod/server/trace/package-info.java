/** Where a mail is, and what became of it: the events of the last days, kept in files and searched. Knows no James. */
@NullMarked
package io.relaypod.server.trace;

import org.jspecify.annotations.NullMarked;
