package io.relaypod.server.logs;

import java.util.Arrays;
import java.util.Optional;

import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import org.jspecify.annotations.Nullable;

/** An exception whose message, and those of its causes, are as the log's rules want them. Immutable. */
final class SanitizedThrowable implements IThrowableProxy {

    private static final int MOST_CAUSES = 20;

    private final IThrowableProxy thrown;
    private final LogSanitizer text;
    private final int depth;

    private SanitizedThrowable(IThrowableProxy thrown, LogSanitizer text, int depth) {
        this.thrown = thrown;
        this.text = text;
        this.depth = depth;
    }

    static SanitizedThrowable of(IThrowableProxy thrown, LogSanitizer text) {
        return new SanitizedThrowable(thrown, text, 0);
    }

    private @Nullable String ruled(@Nullable String message) {
        return Optional.ofNullable(message).map(text::of).orElse(null); // Logback's way to say that there is none
    }

    @Override
    public @Nullable String getMessage() {
        return ruled(thrown.getMessage());
    }

    @Override
    public @Nullable String getOverridingMessage() {
        return ruled(thrown.getOverridingMessage());
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
        return thrown.getCause() == null || depth == MOST_CAUSES
                ? null
                : new SanitizedThrowable(thrown.getCause(), text, depth + 1);
    }

    @Override
    public IThrowableProxy[] getSuppressed() {
        return thrown.getSuppressed() == null || depth == MOST_CAUSES
                ? new IThrowableProxy[0]
                : Arrays.stream(thrown.getSuppressed())
                        .map(each -> new SanitizedThrowable(each, text, depth + 1))
                        .toArray(IThrowableProxy[]::new);
    }

    @Override
    public boolean isCyclic() {
        return thrown.isCyclic();
    }
}
