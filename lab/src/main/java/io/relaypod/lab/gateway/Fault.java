package io.relaypod.lab.gateway;

import java.time.Duration;

/** What a {@link MailpitStandIn} does in place of its work. Immutable. */
public sealed interface Fault permits Fault.Answer, Fault.Silence, Fault.Close, Fault.TakeAndClose {

    /** Answers this line and nothing else. */
    record Answer(String reply) implements Fault {}

    /** Says nothing for so long, then closes the connection. */
    record Silence(Duration atMost) implements Fault {}

    /** Closes the connection; at {@link Phase#CONTENT}, in the middle of the mail. */
    record Close() implements Fault {}

    /** At {@link Phase#CONTENT}, takes the mail and closes before saying so; elsewhere as {@link Close}. */
    record TakeAndClose() implements Fault {}
}
