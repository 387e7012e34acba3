package io.relaypod.gateway;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;

import io.relaypod.mime.MessageSource;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.server.core.MimeMessageSource;

/** A message with other first bytes; the rest is read from the original. Thread-safe if the original is. */
public final class SplicedMessage implements MimeMessageSource, Disposable {

    private final MimeMessageSource original;
    private final byte[] start;
    private final long replaced;

    /** @param replaced how many bytes of the original the start replaces */
    public SplicedMessage(MimeMessageSource original, byte[] start, long replaced) {
        this.original = original;
        this.start = start;
        this.replaced = replaced;
    }

    @Override
    public String getSourceId() {
        return original.getSourceId();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        InputStream rest = MessageSource.openAt(replaced, original::getInputStream);
        return start.length == 0 ? rest : new SequenceInputStream(new ByteArrayInputStream(start), rest);
    }

    @Override
    public long getMessageSize() throws IOException {
        return original.getMessageSize() - replaced + start.length;
    }

    @Override
    public void dispose() {
        LifecycleUtil.dispose(original);
    }
}
