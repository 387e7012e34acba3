package io.relaypod.server.monitoring;

import java.util.Map;

import io.netty.handler.codec.http.FullHttpRequest;
import io.relaypod.memory.MemoryBudget;

/**
 * Answers {@code /livez} on the I/O thread and passes other requests on, so that no slow page delays a liveness probe.
 */
final class LivenessHandler extends PageHandler {

    static final String PATH = "/livez";

    private boolean isPassingOn;

    /** @param liveness returns at once */
    LivenessHandler(Page liveness, MemoryBudget budget) {
        super(Map.of(PATH, liveness), () -> {}, budget, () -> {});
    }

    // After the first request for another page, all requests of the connection are passed on, so that the answers keep
    // the order of the requests.
    @Override
    public boolean acceptInboundMessage(Object message) {
        isPassingOn |= !(message instanceof FullHttpRequest request
                && request.decoderResult().isSuccess()
                && path(request).filter(PATH::equals).isPresent());
        return !isPassingOn;
    }
}
