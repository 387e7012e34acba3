/** The launcher's commands that need the lab. */
package io.relaypod.lab.cli;
