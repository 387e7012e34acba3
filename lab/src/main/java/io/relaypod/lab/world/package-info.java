/** A relay with all the servers that it needs: DNS, Mailpit, smtp2graph and Graph. */
@NullMarked
package io.relaypod.lab.world;

import org.jspecify.annotations.NullMarked;
