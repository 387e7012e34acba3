package io.relaypod.lab.gateway;

import java.time.Duration;

/** A fault of a {@link MailpitStandIn}. Immutable. */
public sealed interface Fault permits Fault.ReplyLine, Fault.Silence, Fault.Close, Fault.AcceptAndClose {
    /** Answers with this line. */
    record ReplyLine(String reply) implements Fault {}

    /** Sends no answer for this time, then closes the connection. */
    record Silence(Duration atMost) implements Fault {}

    /** Closes the connection; at {@link Phase#CONTENT}, in the middle of the message. */
    record Close() implements Fault {}

    /** At {@link Phase#CONTENT}, accepts the message and closes before the reply; in other phases as {@link Close}. */
    record AcceptAndClose() implements Fault {}
}
