/** How log lines are written: as JSON where that is wanted, and never as a flood. */
package io.relaypod.server.logs;
