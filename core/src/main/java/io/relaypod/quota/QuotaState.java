package io.relaypod.quota;

import java.time.Duration;
import java.util.Optional;

/**
 * How much of a quota is used.
 *
 * @param used recipients of the last 24 hours; for {@link QuotaKind#MAILBOX} those of the busiest mailbox
 * @param limit above zero
 * @param mailbox the busiest one; empty for {@link QuotaKind#TENANT}, and if none has sent
 * @param reachedIn when the limit is reached if mail goes on as in the last hour; empty if that takes more than a day.
 *     Of several mailboxes, that of the first
 */
public record QuotaState(
        QuotaKind kind, long used, long limit, Optional<String> mailbox, Optional<Duration> reachedIn) {}
