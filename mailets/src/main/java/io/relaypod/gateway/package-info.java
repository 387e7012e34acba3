/** The way out: how a mail is handed to the gateway with not a byte changed, and what becomes of it when that fails. */
@NullMarked
package io.relaypod.gateway;

import org.jspecify.annotations.NullMarked;
