/** Incidents: conditions that an operator has to hear of, from their beginning to their end. */
@NullMarked
package io.relaypod.incidents;

import org.jspecify.annotations.NullMarked;
