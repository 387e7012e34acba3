package io.relaypod.server.logs;

import java.util.Arrays;
import java.util.Optional;

import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import org.jspecify.annotations.Nullable;

/** An exception whose message and whose causes are sanitized. Immutable. */
final class SanitizedThrowable implements IThrowableProxy {

    private static final int MAX_DEPTH = 20;

    private final IThrowableProxy thrown;
    private final LogSanitizer sanitizer;
    private final int depth;

    private SanitizedThrowable(IThrowableProxy thrown, LogSanitizer sanitizer, int depth) {
        this.thrown = thrown;
        this.sanitizer = sanitizer;
        this.depth = depth;
    }

    static SanitizedThrowable of(IThrowableProxy thrown, LogSanitizer sanitizer) {
        return new SanitizedThrowable(thrown, sanitizer, 0);
    }

    private @Nullable String sanitized(@Nullable String message) {
        return Optional.ofNullable(message)
                .map(sanitizer::line)
                .orElse(null); // Logback represents a missing message as null
    }

    @Override
    public @Nullable String getMessage() {
        return sanitized(thrown.getMessage());
    }

    @Override
    public @Nullable String getOverridingMessage() {
        return sanitized(thrown.getOverridingMessage());
    }

    @Override
    public String getClassName() {
        return thrown.getClassName();
    }

    @Override
    public StackTraceElementProxy[] getStackTraceElementProxyArray() {
        return thrown.getStackTraceElementProxyArray();
    }

    @Override
    public int getCommonFrames() {
        return thrown.getCommonFrames();
    }

    @Override
    public @Nullable IThrowableProxy getCause() {
        return thrown.getCause() == null || depth == MAX_DEPTH
                ? null
                : new SanitizedThrowable(thrown.getCause(), sanitizer, depth + 1);
    }

    @Override
    public IThrowableProxy[] getSuppressed() {
        return thrown.getSuppressed() == null || depth == MAX_DEPTH
                ? new IThrowableProxy[0]
                : Arrays.stream(thrown.getSuppressed())
                        .map(each -> new SanitizedThrowable(each, sanitizer, depth + 1))
                        .toArray(IThrowableProxy[]::new);
    }

    @Override
    public boolean isCyclic() {
        return thrown.isCyclic();
    }
}
