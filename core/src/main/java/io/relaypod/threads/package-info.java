/** Work in the background. */
@NullMarked
package io.relaypod.threads;

import org.jspecify.annotations.NullMarked;
