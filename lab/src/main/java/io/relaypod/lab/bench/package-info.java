/** Load for side-by-side benchmarks. {@code bench/} has the scripts that start the servers. */
@NullMarked
package io.relaypod.lab.bench;

import org.jspecify.annotations.NullMarked;
