/** Who sends most, and what is refused most. */
@NullMarked
package io.relaypod.server.activity;

import org.jspecify.annotations.NullMarked;
