package io.relaypod.gateway;

import java.io.IOException;
import java.io.InputStream;

import io.relaypod.mime.TraceInformation;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.server.core.MimeMessageSource;

/** A message with replaced first bytes; the rest is read from the original. Thread-safe if the original is. */
final class TracedMessage implements MimeMessageSource, Disposable {

    private final MimeMessageSource original;
    private final TraceInformation added;

    TracedMessage(MimeMessageSource original, TraceInformation added) {
        this.original = original;
        this.added = added;
    }

    @Override
    public String getSourceId() {
        return original.getSourceId();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return added.open(original::getInputStream);
    }

    @Override
    public long getMessageSize() throws IOException {
        return original.getMessageSize() - added.replaces() + added.bytes().length;
    }

    @Override
    public void dispose() {
        LifecycleUtil.dispose(original);
    }
}
