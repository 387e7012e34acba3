/** Keeps the counts of the recipients' quotas over a restart, and reports them. */
@NullMarked
package io.relaypod.server.quota;

import org.jspecify.annotations.NullMarked;
