/** What is wrong with the configuration, in parts, and without secrets. */
@NullMarked
package io.relaypod.configuration;

import org.jspecify.annotations.NullMarked;
