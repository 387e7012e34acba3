package io.relaypod.smtpclient;

import java.io.IOException;
import java.io.OutputStream;

/** Writes the bytes of a message, the same at each call. */
@FunctionalInterface
public interface MessageContent {
    void writeTo(OutputStream out) throws IOException;
}
