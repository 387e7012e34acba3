package io.relaypod.server.notify;

import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.incidents.IncidentCheck;
import io.relaypod.incidents.IncidentKind;
import io.relaypod.server.health.GatewayProbe;

/** Whether the gateway did not greet at the last poll. */
public final class GatewayIncidentCheck implements IncidentCheck {

    private final GatewayProbe gateway;

    @Inject
    public GatewayIncidentCheck(GatewayProbe gateway) {
        this.gateway = gateway;
    }

    @Override
    public IncidentKind kind() {
        return IncidentKind.GATEWAY;
    }

    @Override
    public Optional<String> problem() {
        GatewayProbe.GatewayState state = gateway.state();
        return state.isUp() ? Optional.empty() : Optional.of(state.words());
    }
}
