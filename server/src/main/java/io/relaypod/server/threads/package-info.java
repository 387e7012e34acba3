/** The owner of the server's threads. */
package io.relaypod.server.threads;
