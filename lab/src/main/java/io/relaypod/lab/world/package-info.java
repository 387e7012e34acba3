/** The relay and all that it talks to, in one process: DNS, Mailpit, smtp2graph and Graph. */
@NullMarked
package io.relaypod.lab.world;

import org.jspecify.annotations.NullMarked;
