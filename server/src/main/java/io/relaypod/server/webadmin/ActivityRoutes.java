package io.relaypod.server.webadmin;

import javax.inject.Inject;

import io.relaypod.server.activity.MailActivity;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Service;

/** {@code GET /relay/top}: the most frequent senders, clients and refused domains. Thread-safe. */
public final class ActivityRoutes implements Routes {

    private static final int DEFAULT_LIMIT = 10;
    private static final int LARGEST_LIMIT = 200;

    private final MailActivity activity;
    private final JsonTransformer json;

    @Inject
    public ActivityRoutes(MailActivity activity, JsonTransformer json) {
        this.activity = activity;
        this.json = json;
    }

    @Override
    public String getBasePath() {
        return RelayRoutes.BASE_PATH;
    }

    @Override
    public void define(Service service) {
        service.get(
                RelayRoutes.BASE_PATH + "/top",
                (request, response) ->
                        activity.report(RouteParameters.number(request, "limit", 1, LARGEST_LIMIT, DEFAULT_LIMIT)),
                json);
    }
}
