/**
 * A message as bytes: where its parts begin and end, and how to change some of them so that every other byte stays as
 * it was.
 *
 * <p>mime4j decodes the bodies. Structure, parameters and encoded words are read by our own classes: no parser at hand
 * says where in the bytes a part and its delimiter lie, gives every reading of a field, or is linear in the length of
 * one. Plain Java: this package does not use James.
 */
@NullMarked
package io.relaypod.mime;

import org.jspecify.annotations.NullMarked;
