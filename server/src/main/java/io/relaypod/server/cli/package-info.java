/** The commands of the launcher. */
package io.relaypod.server.cli;
