/** Reads XML files into elements that know their lines. */
@NullMarked
package io.relaypod.server.xml;

import org.jspecify.annotations.NullMarked;
