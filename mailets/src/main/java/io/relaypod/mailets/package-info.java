/**
 * What an admin names in James' XML: the RCPT hook of smtpserver.xml and the mailets of mailetcontainer.xml.
 *
 * <p>Thin adapters: the rules are in {@link io.relaypod.verdict} and its neighbours in core, the way out in
 * {@link io.relaypod.gateway}.
 */
@NullMarked
package io.relaypod.mailets;

import org.jspecify.annotations.NullMarked;
