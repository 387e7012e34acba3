/** The relay's meters, and James' metrics interfaces on Micrometer. */
@NullMarked
package io.relaypod.server.metrics;

import org.jspecify.annotations.NullMarked;
