package io.relaypod.server.queue.stored;

import java.io.IOException;
import java.io.InputStream;

import io.relaypod.mime.MessageSource;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.server.core.MimeMessageSource;

/** A mail whose envelope stands before it in the stored body. Disposes of the stored body. Thread-safe, as that is. */
final class BodyBehindEnvelope implements MimeMessageSource, Disposable {

    private final MimeMessageSource stored;
    private final int envelopeBytes;

    BodyBehindEnvelope(MimeMessageSource stored, int envelopeBytes) {
        this.stored = stored;
        this.envelopeBytes = envelopeBytes;
    }

    @Override
    public String getSourceId() {
        return stored.getSourceId();
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return MessageSource.openAt(envelopeBytes, stored::getInputStream);
    }

    @Override
    public long getMessageSize() throws IOException {
        return stored.getMessageSize() - envelopeBytes;
    }

    @Override
    public void dispose() {
        LifecycleUtil.dispose(stored);
    }
}
