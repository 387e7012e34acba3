package io.relaypod.server.webadmin;

import java.util.Optional;
import javax.inject.Inject;

import io.relaypod.server.activity.MailActivity;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.eclipse.jetty.http.HttpStatus;
import spark.Request;
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
        service.get(RelayRoutes.BASE_PATH + "/top", (request, response) -> activity.report(limit(request)), json);
    }

    private static int limit(Request request) {
        String written = Optional.ofNullable(request.queryParams("limit"))
                .map(String::strip)
                .orElse("");
        try {
            int limit = written.isEmpty() ? DEFAULT_LIMIT : Integer.parseInt(written);
            if (limit > 0 && limit <= LARGEST_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException noNumber) {
            // as one that is too large
        }
        throw ErrorResponder.builder()
                .statusCode(HttpStatus.BAD_REQUEST_400)
                .type(ErrorType.INVALID_ARGUMENT)
                .message("limit is '%s'; expected a number from 1 to %d", written, LARGEST_LIMIT)
                .haltError();
    }
}
