/** The James that relaypod assembles: Guice modules, and the smallest parts that James asks for. */
package io.relaypod.server.james;
