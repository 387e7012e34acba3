package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.google.common.base.CaseFormat;
import com.google.common.base.Splitter;
import io.relaypod.graph.GraphErrors;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.activity.MailActivity;
import io.relaypod.server.graph.GraphService;
import io.relaypod.server.settings.Settings;
import io.relaypod.verdict.CachedDomainCheck;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.NonexistentDomains;
import io.relaypod.verdict.ProviderSuggestions;
import io.relaypod.verdict.RecipientRule;
import org.apache.james.webadmin.PublicRoutes;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import org.junit.jupiter.api.Test;
import spark.Service;

/** The page of our routes names each of them, and nothing else. */
class OpenApiTest {

    private static final Pattern PATH = Pattern.compile("^  (/\\S+):$");
    private static final Pattern METHOD = Pattern.compile("^    (get|put|post|patch|delete):$");

    @Test
    void thePageHasEveryRouteAndNoOther() {
        Service service = Service.ignite().port(0);
        try {
            routes().forEach(routes -> routes.define(service));

            assertThat(described())
                    .containsExactlyInAnyOrderElementsOf(service.routes().stream()
                            .map(route -> route.getHttpMethod() + " "
                                    + route.getMatchUri().replaceAll(":(\\w+)", "{$1}"))
                            .toList());
        } finally {
            service.stop();
            service.awaitStop();
        }
    }

    @Test
    void everyKindOfVerdictIsNamed() {
        String kinds = RelayRoutes.openApi()
                .lines()
                .filter(line -> line.contains("kind:"))
                .findFirst()
                .orElseThrow();

        assertThat(Splitter.on(',').trimResults().split(kinds.replaceFirst(".*\\[(.*)\\].*", "$1")))
                .containsExactlyInAnyOrder(Stream.of(DomainVerdict.class.getPermittedSubclasses())
                        .map(verdict -> CaseFormat.UPPER_CAMEL.to(CaseFormat.LOWER_UNDERSCORE, verdict.getSimpleName()))
                        .toArray(String[]::new));
    }

    @Test
    void everyRouteIsBehindAPathThatIsAuthenticated() {
        assertThat(routes())
                .allSatisfy(routes -> assertThat(
                                described().stream().map(route -> route.substring(route.indexOf(' ') + 1)))
                        .anyMatch(path -> path.startsWith(routes.getBasePath())));
        assertThat(routes()).noneMatch(PublicRoutes.class::isInstance);
    }

    private static List<String> described() {
        List<String> described = new ArrayList<>();
        String path = "";
        for (String line : RelayRoutes.openApi().lines().toList()) {
            Matcher isPath = PATH.matcher(line);
            Matcher isMethod = METHOD.matcher(line);
            if (isPath.matches()) {
                path = isPath.group(1);
            } else if (isMethod.matches()) {
                described.add(isMethod.group(1) + " " + path);
            }
        }
        return described;
    }

    private static List<Routes> routes() {
        JsonTransformer json = new JsonTransformer();
        Settings settings =
                Settings.from(Map.of("DATA_DIR", System.getProperty("java.io.tmpdir"), "JAMES_CONF", "../james-conf"));
        MxSettings mx = settings.mx();
        CachedDomainCheck cache = new CachedDomainCheck(
                (domain, client) -> CompletableFuture.completedFuture(new DomainVerdict.NullMx()),
                new NonexistentDomains(mx, System::nanoTime),
                mx,
                System::nanoTime,
                domain -> {});
        return List.of(
                new DomainRoutes(
                        new RecipientRule(cache, mx, ProviderSuggestions.of(mx)), cache, Clock.systemUTC(), json),
                new MxCacheRoutes(cache, Clock.systemUTC(), json),
                new RelayRoutes(settings, Optional.empty(), Clock.systemUTC(), json, new MemoryBudget(1 << 20)),
                new GraphRoutes(new GraphService(Optional.empty()), new GraphErrors(), Clock.systemUTC(), json),
                new RetryRoutes(mock(), json),
                new StatusRoutes(mock(), mock(), mock(), mock(), settings, mock(), json),
                new ActivityRoutes(new MailActivity(Clock.systemUTC()), json));
    }
}
