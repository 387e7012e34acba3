/**
 * A message as bytes: where its parts begin and end, and how to change some of them so that every other byte stays as it was.
 *
 * <p>mime4j reads the fields and decodes the bodies. The structure is found by our own scanner, as no parser at hand says where in the
 * bytes a part and its delimiter lie. Plain Java: no James type is known here.
 */
package io.relaypod.mime;
