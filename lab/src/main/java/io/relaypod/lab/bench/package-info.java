/** Load generators of the comparative benchmarks. The scripts in {@code bench/} start the servers. */
@NullMarked
package io.relaypod.lab.bench;

import org.jspecify.annotations.NullMarked;
