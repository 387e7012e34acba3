package io.relaypod.server.webadmin;

import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.verdict.CachedDomainCheck;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientRule;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Service;

/**
 * The reply to a recipient at a domain: {@code GET /domains/{domain}/verdict}. {@code ?fresh=true} queries DNS in any
 * case, and caches the answer.
 */
public final class DomainRoutes implements Routes {

    public static final String BASE_PATH = "/domains";

    private static final String VERDICT = BASE_PATH + "/" + RouteParameters.DOMAIN + "/verdict";
    // Longer than all queries to all servers. The rule answers earlier.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final RecipientRule rule;
    private final CachedDomainCheck cache;
    private final Clock clock;
    private final JsonTransformer json;

    /**
     * The answer in JSON.
     *
     * @param outcome such as {@code mx} or {@code no_mail_host}
     * @param code the reply code to RCPT
     * @param text the text of a refusal
     * @param remembered the cached verdict; absent for a domain that is not looked up
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record AnswerDto(
            String domain,
            boolean accepted,
            String outcome,
            int code,
            String text,
            Optional<CachedVerdictDto> remembered) {}

    @Inject
    public DomainRoutes(RecipientRule rule, CachedDomainCheck cache, Clock clock, JsonTransformer json) {
        this.rule = rule;
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
        service.get(VERDICT, (request, response) -> verdict(request), json);
    }

    private AnswerDto verdict(Request request) throws Exception {
        MailDomain domain = RouteParameters.domain(request);
        if (Boolean.parseBoolean(request.queryParams("fresh"))) {
            await(cache.freshVerdict(domain));
        }
        RecipientAnswer answer = await(rule.answer("", domain.toString(), ClientNetwork.OPERATOR));
        return new AnswerDto(
                domain.toString(),
                answer.isAccepted(),
                answer.outcome().name().toLowerCase(Locale.ROOT),
                answer.code(),
                answer.text(),
                cache.memory(domain).map(memory -> CachedVerdictDto.of(memory, clock.instant())));
    }

    private static <T> T await(CompletionStage<T> answer) throws Exception {
        return answer.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
}
