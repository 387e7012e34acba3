package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;

/** The bytes of a message, which can be read more than once and are always the same. */
@FunctionalInterface
public interface MessageSource {

    /** The message from its first byte; the caller closes it. */
    InputStream open() throws IOException;
}
