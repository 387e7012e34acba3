/** The relay and all that it talks to, in one process: DNS, Mailpit, smtp2graph and Graph. */
package io.relaypod.lab.world;
