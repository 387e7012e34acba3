/** Notifications of incidents by HTTP: NOTIFY_URL. */
@NullMarked
package io.relaypod.server.notify;

import org.jspecify.annotations.NullMarked;
