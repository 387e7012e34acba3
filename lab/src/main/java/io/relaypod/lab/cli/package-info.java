/** The launcher's commands that need the lab. */
@NullMarked
package io.relaypod.lab.cli;

import org.jspecify.annotations.NullMarked;
