/** How log lines are written: as JSON where that is wanted, and never as a flood. */
@NullMarked
package io.relaypod.server.logs;

import org.jspecify.annotations.NullMarked;
