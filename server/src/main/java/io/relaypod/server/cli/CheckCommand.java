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
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;

import com.github.benmanes.caffeine.cache.Ticker;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.relaypod.address.DomainListFile;
import io.relaypod.address.DomainSet;
import io.relaypod.address.MailDomain;
import io.relaypod.dns.ClientNetwork;
import io.relaypod.dns.DnsFailover;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Settings.RcptSettings;
import io.relaypod.verdict.DnsDomainCheck;
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
import io.relaypod.verdict.NonexistentDomains;
import io.relaypod.verdict.ProviderSuggestions;
import io.relaypod.verdict.RecipientAnswer;
import io.relaypod.verdict.RecipientAnswer.Outcome;
import io.relaypod.verdict.RecipientRule;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what the RCPT rule says of domains, with the records that it found; the rule is the hook's own. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description = "Say what the relay would answer to recipients at these domains, and why.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:every domain is accepted", "1:one is refused", "2:DNS gave no answer for one"})
final class CheckCommand implements Callable<Integer> {

    private static final Pattern PATH = Pattern.compile("<.*>");

    private static final int ALL_ACCEPTED = 0;
    private static final int ONE_REFUSED = 1;
    private static final int ONE_UNKNOWN = 2;

    @Parameters(arity = "1..*", paramLabel = "DOMAIN|ADDRESS", description = "A domain or a mail address.")
    private List<String> asked = List.of();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record CheckResult(String asked, RecipientAnswer answer, String found, Duration took) {}

    @Override
    public Integer call() {
        RcptSettings settings = Settings.forRcptRule(System.getenv());
        EventLoopGroup loop = new NioEventLoopGroup(1);
        try {
            Map<MailDomain, DomainVerdict> found = new ConcurrentHashMap<>();
            MxSettings mx = settings.mx();
            DnsFailover servers = new DnsFailover(settings.dns(), MemoryBudget.ofThisProcess());
            DomainCheck dns = new DnsDomainCheck(
                    servers.on(loop), new NonexistentDomains(mx, Ticker.systemTicker()), mx, Ticker.systemTicker());
            DomainCheck checks = RecipientRule.domainChecks(dns, domainList(mx.allowFile()), domainList(mx.denyFile()));
            RecipientRule rule = new RecipientRule(
                    (domain, client) ->
                            checks.verdict(domain, client).thenApply(verdict -> remember(found, domain, verdict)),
                    mx,
                    ProviderSuggestions.of(mx));
            List<CompletableFuture<CheckResult>> pending = asked.stream()
                    .map(one -> check(one, rule, found).toCompletableFuture())
                    .toList();
            List<CheckResult> lines =
                    pending.stream().map(CompletableFuture::join).toList();
            print(lines);
            print(servers);
            return exitCode(lines);
        } finally {
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        }
    }

    private static Supplier<DomainSet> domainList(Optional<Path> file) {
        return file.<Supplier<DomainSet>>map(DomainListFile::new).orElse(DomainSet::empty);
    }

    private static DomainVerdict remember(
            Map<MailDomain, DomainVerdict> found, MailDomain domain, DomainVerdict verdict) {
        found.put(domain, verdict);
        return verdict;
    }

    private static CompletionStage<CheckResult> check(
            String asked, RecipientRule rule, Map<MailDomain, DomainVerdict> found) {
        long begin = System.nanoTime();
        return answer(asked, rule)
                .thenApply(answer -> new CheckResult(
                        asked,
                        answer,
                        domain(asked)
                                .flatMap(parsed -> Optional.ofNullable(found.get(parsed)))
                                .map(CheckCommand::records)
                                .orElse(""),
                        Duration.ofNanos(System.nanoTime() - begin)));
    }

    // What has an @ or angle brackets is an address, as RCPT has it.
    private static CompletionStage<RecipientAnswer> answer(String asked, RecipientRule rule) {
        if (PATH.matcher(asked).matches()) {
            return rule.answer(asked.substring(1, asked.length() - 1), ClientNetwork.OPERATOR);
        }
        return asked.indexOf('@') < 0
                ? rule.answer("", asked, ClientNetwork.OPERATOR)
                : rule.answer(asked, ClientNetwork.OPERATOR);
    }

    private static Optional<MailDomain> domain(String asked) {
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

    private void print(List<CheckResult> lines) {
        int widest = lines.stream()
                .map(CheckResult::asked)
                .mapToInt(String::length)
                .max()
                .orElse(0);
        for (CheckResult line : lines) {
            String verdict = switch (kind(line)) {
                case ALL_ACCEPTED -> "@|green accepted|@";
                case ONE_UNKNOWN -> "@|yellow unknown |@";
                default -> "@|red refused |@";
            };
            String answer = line.answer().isAccepted()
                    ? ""
                    : "  " + line.answer().code() + " " + line.answer().text();
            CommandLine command = spec.commandLine();
            command.getOut()
                    .println(command.getColorScheme().ansi().string(verdict)
                            + String.format(
                                    "  %-" + widest + "s  %6d ms  %s%s",
                                    line.asked(),
                                    line.took().toMillis(),
                                    line.found(),
                                    answer));
        }
        spec.commandLine().getOut().flush();
    }

    private void print(DnsFailover servers) {
        servers.remarks().forEach(remark -> spec.commandLine().getErr().println("DNS server " + remark));
        spec.commandLine().getErr().flush();
    }

    private static int kind(CheckResult line) {
        if (line.answer().outcome() == Outcome.DNS_FAILURE || line.answer().outcome() == Outcome.UNCHECKED) {
            return ONE_UNKNOWN;
        }
        return line.answer().isAccepted() ? ALL_ACCEPTED : ONE_REFUSED;
    }

    private static int exitCode(List<CheckResult> lines) {
        return lines.stream()
                .mapToInt(CheckCommand::kind)
                .filter(kind -> kind == ONE_REFUSED)
                .findFirst()
                .orElseGet(
                        () -> lines.stream().mapToInt(CheckCommand::kind).max().orElse(ALL_ACCEPTED));
    }
}
