package io.relaypod.e2e;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The runbooks that a test follows: it causes the failure, runs the commands of the page, and removes the cause.
 *
 * <pre>{@code
 * @Test
 * @Runbook("docs/alerts.md#mailpitdown")
 * void messagesWaitForMailpit() { ... }
 * }</pre>
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@interface Runbook {

    /** Pages with the anchors of their sections, such as {@code docs/alerts.md#mailpitdown}. */
    String[] value();
}
