package io.relaypod.server.webadmin;

import java.time.Duration;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import org.apache.james.webadmin.Routes;
import spark.Request;
import spark.Service;

/**
 * Lets one request at a time read a message of a repository, since James reads the whole message into memory. The
 * others wait some seconds, then get 503. Thread-safe.
 */
final class OpenedMessages implements Routes {

    static final String PATH = "/mailRepositories/:encodedPath/mails/:mailKey";

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String MEMORY = "relaypod.opened-message";

    private final MemoryBudget budget;

    OpenedMessages(MemoryBudget budget) {
        this.budget = budget;
    }

    @Override
    public String getBasePath() {
        return "/";
    }

    @Override
    public void define(Service service) {
        service.before(PATH, (request, response) -> reserve(request));
        service.afterAfter(PATH, (request, response) -> release(request));
    }

    private void reserve(Request request) throws InterruptedException {
        // More than half of the share, so that a second request has to wait.
        long bytes = budget.limit(MemoryUse.WEBADMIN) / 2 + 1;
        request.attribute(
                MEMORY,
                budget.reserve(MemoryUse.WEBADMIN, bytes, PATIENCE)
                        .orElseThrow(() -> RouteErrors.unavailable("too many messages at once; try again")));
    }

    private static void release(Request request) {
        if (request.attribute(MEMORY) instanceof Reservation memory) {
            memory.close();
        }
    }
}
