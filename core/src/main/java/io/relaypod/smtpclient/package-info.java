/** An SMTP client (RFC 5321) that returns an outcome for each recipient. */
package io.relaypod.smtpclient;
