/** Artemis in processes of its own, set up as docs/scaling.md says, for relays that share one. */
@NullMarked
package io.relaypod.lab.broker;

import org.jspecify.annotations.NullMarked;
