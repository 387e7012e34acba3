/** Who may use James' webadmin, and our routes of it: the relay's configuration, and the trace of its mails. */
package io.relaypod.server.webadmin;
