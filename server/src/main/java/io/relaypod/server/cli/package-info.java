/** The commands of the launcher. */
@NullMarked
package io.relaypod.server.cli;

import org.jspecify.annotations.NullMarked;
