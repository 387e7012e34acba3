/** The environment variables: {@link io.relaypod.server.settings.Variable} has each with its default and form. */
@NullMarked
package io.relaypod.server.settings;

import org.jspecify.annotations.NullMarked;
