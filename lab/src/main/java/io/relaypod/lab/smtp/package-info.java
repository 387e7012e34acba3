/** An SMTP client that shows every line, for transcripts and protocol tests. */
@NullMarked
package io.relaypod.lab.smtp;

import org.jspecify.annotations.NullMarked;
