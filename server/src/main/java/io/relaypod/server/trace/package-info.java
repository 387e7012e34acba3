/**
 * The trace: stores the events of the last days in files, and finds where a mail is. This package does not use James.
 */
@NullMarked
package io.relaypod.server.trace;

import org.jspecify.annotations.NullMarked;
