package io.relaypod.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Failures that nobody reads. */
class BackgroundTest {

    private final Logger logger = (Logger) LoggerFactory.getLogger(Background.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(log);
    }

    @AfterEach
    void stop() {
        logger.detachAppender(log);
    }

    @Test
    void a_step_that_throws_is_logged() {
        CompletableFuture<String> stage = new CompletableFuture<>();
        Background.whenDone(stage, (value, failure) -> {
            throw new IllegalStateException("no " + value);
        });
        stage.complete("answer");

        assertThat(logged())
                .containsExactly(
                        "event=task-failed task=" + Thread.currentThread().getName() + " reason=\"no answer\"");
    }

    @Test
    void the_failure_of_a_stage_is_the_business_of_the_step() {
        CompletableFuture<Throwable> seen = new CompletableFuture<>();
        Background.whenDone(
                CompletableFuture.failedFuture(new IOException("timeout")), (value, failure) -> seen.complete(failure));

        assertThat(seen).isCompletedWithValueMatching(IOException.class::isInstance);
        assertThat(logged()).isEmpty();
    }

    @Test
    void a_step_of_netty_that_fails_is_logged() {
        Background.logFailure(ImmediateEventExecutor.INSTANCE.newSucceededFuture("closed"));
        assertThat(logged()).isEmpty();

        Background.logFailure(ImmediateEventExecutor.INSTANCE.newFailedFuture(new IOException("not closed")));
        assertThat(logged()).singleElement().asString().endsWith("reason=\"not closed\"");
    }

    @Test
    void a_stop_is_no_failure() {
        Promise<String> stopped = ImmediateEventExecutor.INSTANCE.newPromise();
        Background.logFailure(stopped);
        stopped.cancel(false);
        Background.whenDone(CompletableFuture.completedFuture("answer"), (value, failure) -> {
            throw new RejectedExecutionException("the loop has stopped");
        });

        assertThat(logged()).isEmpty();
    }

    private List<String> logged() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
