/** A stand-in for Microsoft Graph's sendMail, and Graph's rule to whom a message is delivered. */
@NullMarked
package io.relaypod.lab.graph;

import org.jspecify.annotations.NullMarked;
