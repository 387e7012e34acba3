/** The environment variables: each described once, all read at start, every wrong one reported in one message. */
@NullMarked
package io.relaypod.server.settings;

import org.jspecify.annotations.NullMarked;
