package io.relaypod.mime;

import java.io.IOException;
import java.io.InputStream;

import com.google.common.io.ByteStreams;

/** The bytes of a message, which can be read more than once and are always the same. */
@FunctionalInterface
public interface MessageSource {

    /** The message from its first byte; the caller closes it. */
    InputStream open() throws IOException;

    /** The message from a later byte; the caller closes it. */
    static InputStream openAt(long start, MessageSource message) throws IOException {
        InputStream in = message.open();
        try {
            ByteStreams.skipFully(in, start);
            return in;
        } catch (IOException tooShort) {
            in.close();
            throw tooShort;
        }
    }
}
