package io.relaypod.server.monitoring;

import java.util.Map;

import io.netty.handler.codec.http.FullHttpRequest;
import io.relaypod.memory.MemoryBudget;

/**
 * Answers {@code /livez} on the I/O thread and passes other requests on, so that no page that takes long delays a
 * liveness probe.
 */
final class LivenessHandler extends PageHandler {

    static final String PATH = "/livez";

    private boolean isPassingOn;

    /** @param liveness returns at once */
    LivenessHandler(Page liveness, MemoryBudget budget) {
        super(Map.of(PATH, liveness), () -> {}, budget, () -> {});
    }

    // Once a connection has requested another page, its answers keep the order of its requests.
    @Override
    public boolean acceptInboundMessage(Object message) {
        isPassingOn |= !(message instanceof FullHttpRequest request
                && request.decoderResult().isSuccess()
                && path(request).filter(PATH::equals).isPresent());
        return !isPassingOn;
    }
}
