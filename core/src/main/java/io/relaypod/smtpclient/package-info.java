/** An SMTP client (RFC 5321) that returns an outcome for each recipient. */
@NullMarked
package io.relaypod.smtpclient;

import org.jspecify.annotations.NullMarked;
