/** Files that the relay keeps. */
@NullMarked
package io.relaypod.server.files;

import org.jspecify.annotations.NullMarked;
