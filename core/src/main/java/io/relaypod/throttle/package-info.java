/** How fast a mailbox may send: a limit that the next hops do not keep by themselves, and lose mail beyond. */
package io.relaypod.throttle;
