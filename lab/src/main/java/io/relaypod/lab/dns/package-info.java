/** An authoritative DNS server for tests and the demo: a closed world in which each name answers as it is told to. */
@NullMarked
package io.relaypod.lab.dns;

import org.jspecify.annotations.NullMarked;
