/** What happens to mails, told from where it happens to the log and to whoever else listens. Knows no James. */
package io.relaypod.events;
