/** James' metrics interfaces on Micrometer. */
package io.relaypod.server.metrics;
