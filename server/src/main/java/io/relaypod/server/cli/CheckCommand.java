package io.relaypod.server.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.github.benmanes.caffeine.cache.Ticker;
import com.google.common.net.InetAddresses;
import io.relaypod.address.DomainListFile;
import io.relaypod.address.DomainSet;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsFailover;
import io.relaypod.dns.DnsSettings;
import io.relaypod.dns.StandaloneDns;
import io.relaypod.server.settings.RcptSettings;
import io.relaypod.verdict.DomainCheck;
import io.relaypod.verdict.DomainVerdict;
import io.relaypod.verdict.DomainVerdict.Allowed;
import io.relaypod.verdict.DomainVerdict.Denied;
import io.relaypod.verdict.DomainVerdict.HasMx;
import io.relaypod.verdict.DomainVerdict.ImplicitMx;
import io.relaypod.verdict.DomainVerdict.NoMailHost;
import io.relaypod.verdict.DomainVerdict.OwnHost;
import io.relaypod.verdict.DomainVerdict.Unknown;
import io.relaypod.verdict.DomainVerdict.UnreachableMx;
import io.relaypod.verdict.DomainVerdict.UnusableImplicitMx;
import io.relaypod.verdict.MxSettings;
import io.relaypod.verdict.RcptRuleAssembly;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientRule;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the answers of the RCPT rule to domains and addresses, with the records that each answer is based on. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description =
                "Show the answer to recipients at these domains, and the reason: of the running relay, or without one from DNS.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every domain is accepted", "1:one is refused", "2:DNS gave no answer for one"})
final class CheckCommand implements Callable<Integer> {

    private static final Pattern PATH = Pattern.compile("<.*>");

    @Parameters(arity = "1..*", paramLabel = "DOMAIN|ADDRESS", description = "A domain or a mail address.")
    private List<String> arguments = List.of();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<String, String> environment;

    /** @param environment the variables of DNS and of the RCPT rule */
    CheckCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Option(names = "--own", description = "Query DNS from here, also where a relay runs.")
    private boolean isOwn;

    @Override
    public Integer call() {
        RcptSettings settings = RcptSettings.from(environment);
        Optional<RunningRelayCheck> relay =
                isOwn ? Optional.empty() : RunningRelayCheck.find(environment, settings.mx());
        return relay.isPresent() ? ask(relay.get()) : askDns(settings);
    }

    private int ask(RunningRelayCheck relay) {
        return print(arguments.stream().map(relay::check).toList(), relay.source());
    }

    private int askDns(RcptSettings settings) {
        MxSettings mx = settings.mx();
        Map<MailDomain, DomainVerdict> verdicts = new ConcurrentHashMap<>();
        try (StandaloneDns dns = new StandaloneDns(settings.dns())) {
            RcptRuleAssembly assembly = new RcptRuleAssembly(mx, Ticker.systemTicker());
            DomainCheck domains = assembly.domains(
                    assembly.dns(dns.servers()), domainList(mx.allowFile()), domainList(mx.denyFile()));
            RecipientRule rule = assembly.rule((domain, client) -> domains.verdict(domain, client)
                    .whenComplete((verdict, failure) ->
                            Optional.ofNullable(verdict).ifPresent(known -> verdicts.put(domain, known))));
            List<CompletableFuture<CheckResult>> pending = arguments.stream()
                    .map(argument -> check(argument, rule, verdicts).toCompletableFuture())
                    .toList();
            List<CheckResult> results =
                    pending.stream().map(CompletableFuture::join).toList();
            int exitCode = print(results, source(settings.dns()));
            print(dns.servers());
            return exitCode;
        }
    }

    private String source(DnsSettings dns) {
        boolean isSet = !environment.getOrDefault("DNS_SERVERS", "").isBlank();
        return (isOwn ? "Asked" : "No relay answers here; asked") + " the DNS servers "
                + dns.servers().stream()
                        .map(server -> InetAddresses.toUriString(server.getAddress()) + ":" + server.getPort())
                        .collect(Collectors.joining(", "))
                + (isSet ? " of DNS_SERVERS." : " of the system (resolv.conf).");
    }

    private static Supplier<DomainSet> domainList(Optional<Path> file) {
        return file.<Supplier<DomainSet>>map(DomainListFile::new).orElse(DomainSet::empty);
    }

    private static CompletionStage<CheckResult> check(
            String argument, RecipientRule rule, Map<MailDomain, DomainVerdict> verdicts) {
        long begin = System.nanoTime();
        return answer(argument, rule)
                .thenApply(answer -> new CheckResult(
                        argument,
                        answer,
                        domain(argument)
                                .flatMap(parsed -> Optional.ofNullable(verdicts.get(parsed)))
                                .map(CheckCommand::records)
                                .orElse(""),
                        Duration.ofNanos(System.nanoTime() - begin)));
    }

    // An argument with an @ or angle brackets is an address, as in RCPT.
    static CompletionStage<RecipientAnswer> answer(String asked, RecipientRule rule) {
        if (PATH.matcher(asked).matches()) {
            return rule.answer(asked.substring(1, asked.length() - 1), ClientNetwork.OPERATOR);
        }
        return asked.indexOf('@') < 0
                ? rule.answer("", asked, ClientNetwork.OPERATOR)
                : rule.answer(asked, ClientNetwork.OPERATOR);
    }

    static Optional<MailDomain> domain(String asked) {
        String address = PATH.matcher(asked).matches() ? asked.substring(1, asked.length() - 1) : asked;
        return MailDomain.parse(address.substring(address.lastIndexOf('@') + 1));
    }

    private static String records(DomainVerdict verdict) {
        if (verdict instanceof HasMx mx) {
            return "MX " + String.join(", ", mx.exchangers());
        }
        if (verdict instanceof ImplicitMx implicit) {
            return "no MX, address " + String.join(", ", implicit.addresses());
        }
        if (verdict instanceof NoMailHost none) {
            return none.domainExists() ? "no MX and no address" : "no such domain";
        }
        if (verdict instanceof UnusableImplicitMx implicit) {
            return "no MX, and no mail host can be at " + String.join(", ", implicit.addresses());
        }
        if (verdict instanceof OwnHost) {
            return "this host";
        }
        if (verdict instanceof UnreachableMx mx) {
            return "MX without an address on the Internet: " + String.join(", ", mx.exchangers());
        }
        if (verdict instanceof Allowed) {
            return "in ALLOW_DOMAINS_FILE";
        }
        if (verdict instanceof Denied) {
            return "in DENY_DOMAINS_FILE";
        }
        return verdict instanceof Unknown unknown ? unknown.reason() : "MX 0 .";
    }

    /** Returns the exit code. */
    private int print(List<CheckResult> results, String source) {
        Terminal terminal = new Terminal(spec);
        if (terminal.isJson()) {
            terminal.json(Map.of(
                    "source",
                    source,
                    "results",
                    results.stream().map(CheckResult::json).toList()));
        } else {
            printLines(results);
            spec.commandLine().getErr().println(source);
            spec.commandLine().getErr().flush();
        }
        return exitCode(results);
    }

    private void printLines(List<CheckResult> results) {
        int widest = results.stream()
                .map(CheckResult::argument)
                .mapToInt(String::length)
                .max()
                .orElse(0);
        for (CheckResult result : results) {
            String verdict = switch (result.exitCode()) {
                case CheckResult.ACCEPTED -> "@|green accepted|@";
                case CheckResult.UNKNOWN -> "@|yellow unknown |@";
                default -> "@|red refused |@";
            };
            String answer = result.answer().isAccepted()
                    ? ""
                    : "  " + result.answer().code() + " " + result.answer().text();
            CommandLine command = spec.commandLine();
            command.getOut()
                    .println(command.getColorScheme().ansi().string(verdict)
                            + String.format(
                                    "  %-" + widest + "s  %6d ms  %s%s",
                                    result.argument(),
                                    result.took().toMillis(),
                                    result.records(),
                                    answer));
        }
        spec.commandLine().getOut().flush();
    }

    private void print(DnsFailover servers) {
        servers.remarks().forEach(remark -> spec.commandLine().getErr().println("DNS server " + remark));
        spec.commandLine().getErr().flush();
    }

    // One refusal tells more than one domain without an answer.
    private static int exitCode(List<CheckResult> results) {
        return results.stream()
                .mapToInt(CheckResult::exitCode)
                .filter(code -> code == CheckResult.REFUSED)
                .findFirst()
                .orElseGet(() ->
                        results.stream().mapToInt(CheckResult::exitCode).max().orElse(CheckResult.ACCEPTED));
    }
}
