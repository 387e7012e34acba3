/**
 * Messages that stay on the relay's disk until Graph has accepted them, and how many of them smtp2graph has at a time.
 */
@NullMarked
package io.relaypod.hold;

import org.jspecify.annotations.NullMarked;
