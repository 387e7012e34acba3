/**
 * The attacks that the relay answers for, played by a real SMTP client: the demo shows them, the end-to-end tests
 * require them.
 */
@NullMarked
package io.relaypod.lab.scenario;

import org.jspecify.annotations.NullMarked;
