/** Mail repositories: where mail is kept that is not on its way. */
@NullMarked
package io.relaypod.server.repository;

import org.jspecify.annotations.NullMarked;
