package io.relaypod.server.monitoring;

import static io.relaypod.threads.Background.logFailure;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.monitoring.Page.PageResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers GET and HEAD requests of one connection, one after the other. Not thread-safe. */
class PageHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private static final Logger LOGGER = LoggerFactory.getLogger(PageHandler.class);

    // Answers to probes are smaller. They need no memory of the budget, so that they are never refused.
    private static final int SMALL = 4 << 10;
    private static final PageResponse BUSY = new PageResponse(
            HttpResponseStatus.SERVICE_UNAVAILABLE,
            "text/plain; charset=utf-8",
            "too many clients do not read their answers\n".getBytes(StandardCharsets.US_ASCII),
            Map.of("Retry-After", "1"));

    private final Map<String, Page> pages;
    private final MemoryBudget budget;
    private final Runnable closeSlowest;
    private final Runnable begun;

    /**
     * @param begun called once for each request
     * @param budget holds the memory of answers until they are read
     * @param closeSlowest closes the connection that reads its answer slowest; returns at once
     */
    PageHandler(Map<String, Page> pages, Runnable begun, MemoryBudget budget, Runnable closeSlowest) {
        this.begun = begun;
        this.pages = pages;
        this.budget = budget;
        this.closeSlowest = closeSlowest;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        begun.run();
        if (context.channel().isActive()) {
            serve(context, request);
        }
    }

    private void serve(ChannelHandlerContext context, FullHttpRequest request) {
        PageResponse wanted = answer(request);
        Optional<Reservation> memory = memory(wanted);
        PageResponse answer = memory.isPresent() ? wanted : BUSY;
        boolean isHead = request.method().equals(HttpMethod.HEAD);
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                answer.status(),
                isHead ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body()));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.contentType())
                .setInt(HttpHeaderNames.CONTENT_LENGTH, answer.body().length)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set("X-Content-Type-Options", "nosniff");
        answer.headers().forEach((name, value) -> response.headers().set(name, value));
        boolean isKept =
                HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
        HttpUtil.setKeepAlive(response, isKept);
        context.writeAndFlush(response)
                .addListener(isKept ? ChannelFutureListener.CLOSE_ON_FAILURE : ChannelFutureListener.CLOSE)
                .addListener(read -> memory.ifPresent(Reservation::close));
    }

    private Optional<Reservation> memory(PageResponse answer) {
        Optional<Reservation> memory =
                budget.tryReserve(MemoryUse.MONITORING, answer.body().length <= SMALL ? 0 : answer.body().length);
        if (memory.isEmpty()) {
            closeSlowest.run();
        }
        return memory;
    }

    private PageResponse answer(FullHttpRequest request) {
        if (!request.decoderResult().isSuccess()) {
            return PageResponse.text(HttpResponseStatus.BAD_REQUEST, "malformed request\n");
        }
        Optional<String> requested = path(request);
        if (requested.isEmpty()) {
            return PageResponse.text(HttpResponseStatus.BAD_REQUEST, "malformed path\n");
        }
        String path = requested.get();
        if (!pages.containsKey(path)) {
            return PageResponse.text(HttpResponseStatus.NOT_FOUND, "the pages are /, /metrics, /livez and /readyz\n");
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            PageResponse refused = PageResponse.text(HttpResponseStatus.METHOD_NOT_ALLOWED, "GET and HEAD only\n");
            return new PageResponse(
                    refused.status(), refused.contentType(), refused.body(), Map.of("Allow", "GET, HEAD"));
        }
        try {
            return pages.get(path).get(request.headers());
        } catch (RuntimeException broken) {
            LOGGER.error("event=page-failed path={}", path, broken);
            return PageResponse.text(
                    HttpResponseStatus.INTERNAL_SERVER_ERROR, "the page could not be made; the log says why\n");
        }
    }

    /** The path of the request, without its query; empty if it is malformed. */
    static Optional<String> path(FullHttpRequest request) {
        try {
            return Optional.of(new QueryStringDecoder(request.uri()).path());
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
        LOGGER.debug("connection broke off", failure);
        logFailure(context.close());
    }
}
