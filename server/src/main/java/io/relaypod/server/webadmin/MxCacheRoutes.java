package io.relaypod.server.webadmin;

import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import javax.inject.Inject;

import com.google.common.collect.Comparators;
import io.relaypod.address.MailDomain;
import io.relaypod.verdict.CachedDomainCheck;
import io.relaypod.verdict.CachedDomainCheck.CachedVerdict;
import org.apache.james.webadmin.Constants;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.apache.james.webadmin.utils.ParametersExtractor;
import org.apache.james.webadmin.utils.Responses;
import spark.Request;
import spark.Service;

/**
 * The cached verdicts: {@code GET} and {@code DELETE /mx-cache} and {@code /mx-cache/{domain}}. A listing is in the
 * order of the domains' names and has at most {@code ?limit=} of them, by default 1000.
 */
public final class MxCacheRoutes implements Routes {

    public static final String BASE_PATH = "/mx-cache";

    private static final String ONE = BASE_PATH + Constants.SEPARATOR + RouteParameters.DOMAIN;
    private static final int LISTED = 1_000;
    private static final int MAX_LISTED = 10_000;

    private final CachedDomainCheck cache;
    private final Clock clock;
    private final JsonTransformer json;

    @Inject
    public MxCacheRoutes(CachedDomainCheck cache, Clock clock, JsonTransformer json) {
        this.cache = cache;
        this.clock = clock;
        this.json = json;
    }

    @Override
    public String getBasePath() {
        return BASE_PATH;
    }

    @Override
    public void define(Service service) {
        service.get(BASE_PATH, (request, response) -> list(request), json);
        service.get(ONE, (request, response) -> one(RouteParameters.domain(request)), json);
        service.delete(BASE_PATH, (request, response) -> {
            cache.forgetAll();
            return Responses.returnNoContent(response);
        });
        service.delete(ONE, (request, response) -> {
            cache.forget(RouteParameters.domain(request));
            return Responses.returnNoContent(response);
        });
    }

    private List<CachedVerdictDto> list(Request request) {
        int limit = ParametersExtractor.extractLimit(request).getLimit().orElse(LISTED);
        if (limit > MAX_LISTED) {
            throw RouteErrors.invalid("limit is '" + limit + "'; expected a number from 1 to " + MAX_LISTED);
        }
        // Only the listed verdicts of up to a hundred thousand are held.
        return cache
                .memories()
                .collect(Comparators.least(
                        limit,
                        Comparator.comparing(
                                (CachedVerdict memory) -> memory.domain().toString())))
                .stream()
                .map(memory -> CachedVerdictDto.of(memory, clock.instant()))
                .toList();
    }

    private CachedVerdictDto one(MailDomain domain) {
        return cache.memory(domain)
                .map(memory -> CachedVerdictDto.of(memory, clock.instant()))
                .orElseThrow(() -> RouteErrors.notFound("no verdict on " + domain + " is cached"));
    }
}
