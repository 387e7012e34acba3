/** The James that relaypod assembles: Guice modules, and the smallest parts that James asks for. */
@NullMarked
package io.relaypod.server.james;

import org.jspecify.annotations.NullMarked;
