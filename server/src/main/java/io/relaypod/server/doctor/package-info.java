/** Examines the relay and what it depends on, for the command {@code relaypod doctor}. */
@NullMarked
package io.relaypod.server.doctor;

import org.jspecify.annotations.NullMarked;
