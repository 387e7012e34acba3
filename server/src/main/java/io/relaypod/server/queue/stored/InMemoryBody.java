package io.relaypod.server.queue.stored;

import java.io.ByteArrayInputStream;
import java.io.InputStream;

import org.apache.james.server.core.MimeMessageSource;

/** A message that fits into memory. Immutable, as nobody else has its bytes. */
final class InMemoryBody implements MimeMessageSource {

    private final String name;
    private final byte[] bytes;

    InMemoryBody(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    @Override
    public String getSourceId() {
        return name;
    }

    @Override
    public InputStream getInputStream() {
        return new ByteArrayInputStream(bytes);
    }

    @Override
    public long getMessageSize() {
        return bytes.length;
    }
}
