package io.relaypod.server.notify;

import java.util.Optional;
import java.util.stream.Collectors;
import javax.inject.Inject;

import io.relaypod.events.MaskedAddresses;
import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.quota.QuotaState;
import io.relaypod.quota.RecipientQuota;

/** Whether 80 % of a daily quota are used. */
public final class QuotaIncidentCheck implements IncidentCheck {

    private static final int NEARLY_PERCENT = 80;

    private final RecipientQuota quota;

    @Inject
    public QuotaIncidentCheck(RecipientQuota quota) {
        this.quota = quota;
    }

    @Override
    public IncidentKind kind() {
        return IncidentKind.QUOTA;
    }

    @Override
    public Optional<String> problem() {
        return Optional.of(quota.states().stream()
                        .filter(state -> state.used() * 100 >= state.limit() * NEARLY_PERCENT)
                        .map(QuotaIncidentCheck::words)
                        .collect(Collectors.joining("; ")))
                .filter(words -> !words.isEmpty());
    }

    private static String words(QuotaState state) {
        return state.used() + " of " + state.limit() + " recipients in 24 hours, "
                + state.mailbox()
                        .map(mailbox -> "mailbox " + MaskedAddresses.in(mailbox))
                        .orElse("outside of the tenant's domains")
                + state.reachedIn()
                        .map(time -> "; reached in about " + Math.max(1, time.toMinutes()) + " min")
                        .orElse("");
    }
}
