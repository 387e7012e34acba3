package io.relaypod.server.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.benmanes.caffeine.cache.Ticker;
import io.relaypod.address.MailDomain;
import io.relaypod.server.cli.WebAdminClient.WebAdminException;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.RcptRuleAssembly;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import io.relaypod.verdict.RecipientRule;

/**
 * Asks the running relay what it answers to recipients: with its own cache, DNS servers and lists. The address itself
 * is checked here, as the relay is only asked about domains.
 */
final class RunningRelayCheck {

    private final WebAdminClient webadmin;
    private final JsonNode status;
    private final RecipientRule addresses;

    private RunningRelayCheck(WebAdminClient webadmin, JsonNode status, MxSettings settings) {
        this.webadmin = webadmin;
        this.status = status;
        this.addresses = new RcptRuleAssembly(settings, Ticker.systemTicker())
                .rule((domain, client) -> CompletableFuture.completedFuture(new DomainVerdict.Allowed()));
    }

    /** Empty if no relay answers, or if it refuses the password. */
    static Optional<RunningRelayCheck> find(Map<String, String> environment, MxSettings settings) {
        try {
            WebAdminClient webadmin = WebAdminClient.of(environment);
            return Optional.of(new RunningRelayCheck(webadmin, webadmin.get("/relay/status"), settings));
        } catch (WebAdminException none) {
            return Optional.empty();
        }
    }

    /** Who answers, for the operator. */
    String source() {
        return "Answers of the running relay at " + webadmin.address() + ", which asks the DNS servers "
                + Terminal.texts(status.path("dnsServers")) + "; --own asks from here.";
    }

    CheckResult check(String argument) {
        long begin = System.nanoTime();
        RecipientAnswer address =
                CheckCommand.answer(argument, addresses).toCompletableFuture().join();
        Optional<MailDomain> domain = CheckCommand.domain(argument);
        boolean isDecided = !address.isAccepted() || address.outcome() != Outcome.ALLOWED || domain.isEmpty();
        JsonNode answer = isDecided
                ? status
                : webadmin.get("/domains/"
                        + WebAdminClient.encoded(domain.orElseThrow().toString()) + "/verdict");
        return new CheckResult(
                argument,
                isDecided ? address : answer(answer),
                isDecided ? "" : records(answer.path("outcome").asText(), answer.path("remembered")),
                Duration.ofNanos(System.nanoTime() - begin));
    }

    private static RecipientAnswer answer(JsonNode answer) {
        return new RecipientAnswer(
                Outcome.valueOf(answer.path("outcome").asText().toUpperCase(Locale.ROOT)),
                answer.path("code").asInt(),
                answer.path("text").asText());
    }

    private static String records(String outcome, JsonNode remembered) {
        JsonNode verdict = remembered.path("verdict");
        List<String> words = new ArrayList<>();
        words.add(verdict.path("kind").asText().replace('_', ' '));
        words.add(Terminal.texts(verdict.path("hosts")));
        words.add(verdict.path("reason").asText());
        if (remembered.has("since")) {
            words.add("(DNS at " + Terminal.seconds(remembered.path("since"))
                    + (remembered.path("stale").asBoolean() ? ", stale)" : ")"));
        }
        words.removeIf(String::isEmpty);
        if (words.isEmpty()) {
            words.add(outcome.replace('_', ' '));
        }
        return String.join(" ", words);
    }
}
