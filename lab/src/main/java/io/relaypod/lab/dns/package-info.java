/** An authoritative DNS server for tests and the demo, with a configurable behaviour for each name. */
@NullMarked
package io.relaypod.lab.dns;

import org.jspecify.annotations.NullMarked;
