/** SMTP by hand: a client that shows every line, for transcripts and protocol tests. */
package io.relaypod.lab.smtp;
