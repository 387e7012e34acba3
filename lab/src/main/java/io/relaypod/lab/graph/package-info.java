/** Microsoft Graph's sendMail as the gateway meets it, and the rule by which it picks the people who get a mail. */
@NullMarked
package io.relaypod.lab.graph;

import org.jspecify.annotations.NullMarked;
