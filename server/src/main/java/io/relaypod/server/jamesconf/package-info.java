/** The files of james-conf: read once, judged together with the environment, and given to James. */
@NullMarked
package io.relaypod.server.jamesconf;

import org.jspecify.annotations.NullMarked;
