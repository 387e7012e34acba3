package io.relaypod.mailets;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

import org.apache.james.protocols.smtp.utils.BaseFakeSMTPSession;

/** A session of a client that may relay, or may not; any other question to it fails the test. */
final class FakeSmtpSession extends BaseFakeSMTPSession {

    private final boolean relayingAllowed;
    private final Map<AttachmentKey<?>, Object> connection = new HashMap<>();
    private final Map<AttachmentKey<?>, Object> transaction = new HashMap<>();

    FakeSmtpSession(boolean relayingAllowed) {
        this.relayingAllowed = relayingAllowed;
    }

    @Override
    public boolean isRelayingAllowed() {
        return relayingAllowed;
    }

    @Override
    public String getSessionID() {
        return "session-1";
    }

    @Override
    public <T> Optional<T> setAttachment(AttachmentKey<T> key, T value, State state) {
        return key.convert(of(state).put(key, value));
    }

    @Override
    public <T> Optional<T> getAttachment(AttachmentKey<T> key, State state) {
        return key.convert(of(state).get(key));
    }

    @Override
    public <T> Optional<T> removeAttachment(AttachmentKey<T> key, State state) {
        return key.convert(of(state).remove(key));
    }

    private Map<AttachmentKey<?>, Object> of(State state) {
        return state == State.Connection ? connection : transaction;
    }
}
