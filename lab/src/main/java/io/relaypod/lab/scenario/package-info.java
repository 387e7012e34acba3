/**
 * The attack scenarios, run with a real SMTP client. The demo prints their results, the end-to-end tests check them.
 */
@NullMarked
package io.relaypod.lab.scenario;

import org.jspecify.annotations.NullMarked;
