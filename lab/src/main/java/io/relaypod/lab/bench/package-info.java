/** Load for side-by-side benchmarks. {@code bench/} has the scripts that start the servers. */
package io.relaypod.lab.bench;
