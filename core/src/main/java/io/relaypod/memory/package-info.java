/** The memory that peers can make the relay use: one budget, of which each use has a bounded share. */
@NullMarked
package io.relaypod.memory;

import org.jspecify.annotations.NullMarked;
