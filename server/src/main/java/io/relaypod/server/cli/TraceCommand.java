package io.relaypod.server.cli;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

import io.relaypod.server.webadmin.TraceSearchText;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Where is my mail? */
@Command(
        name = "trace",
        mixinStandardHelpOptions = true,
        description = "Show the events of messages: to or from an address, or of one message.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:something was found",
            "1:no matching message",
            "2:that is not to be looked for",
            "69:webadmin does not answer",
            "70:webadmin could not do it",
            "77:webadmin refuses the password"
        })
final class TraceCommand implements Callable<Integer> {

    private static final Duration POLL = Duration.ofSeconds(1);

    @Parameters(
            arity = "0..1",
            paramLabel = "WHAT",
            description =
                    "An address, a domain, a queue id or its beginning, or a Message-ID in angle brackets; default: all messages.")
    private Optional<String> what = Optional.empty();

    @Option(names = "--sender", paramLabel = "ADDRESS", description = "Only messages from this address or @domain.")
    private Optional<String> sender = Optional.empty();

    @Option(names = "--recipient", paramLabel = "ADDRESS", description = "Only messages to this address or @domain.")
    private Optional<String> recipient = Optional.empty();

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "How long ago, such as 2h, or a time such as 2026-11-22T13:00:00Z.")
    private Optional<String> since = Optional.empty();

    @Option(names = "--until", paramLabel = "TIME", description = "As --since.")
    private Optional<String> until = Optional.empty();

    @Option(
            names = "--limit",
            defaultValue = "10",
            description = "Largest number of messages, the newest; default ${DEFAULT-VALUE}.")
    private int limit;

    @Option(names = "--follow", description = "Print each event when it happens, until Ctrl-C.")
    private boolean isFollowed;

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** @param environment the variables that webadmin's address and password come from */
    TraceCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        Map<String, String> asked = new LinkedHashMap<>();
        what.ifPresent(words -> asked.put(TraceSearchText.parameter(words), TraceSearchText.value(words)));
        sender.ifPresent(address -> asked.put("sender", address));
        recipient.ifPresent(address -> asked.put("recipient", address));
        if (isFollowed) {
            if (since.isPresent() || until.isPresent()) {
                throw new ParameterException(
                        spec.commandLine(), "--follow shows what happens from now on; leave out --since and --until");
            }
            return new TraceFollower(WebAdminClient.of(environment), new Terminal(spec), POLL).follow(asked);
        }
        since.ifPresent(time -> asked.put("since", time));
        until.ifPresent(time -> asked.put("until", time));
        asked.put(TraceLines.LIMIT, Integer.toString(limit));
        return new TraceLines(WebAdminClient.of(environment), new Terminal(spec)).print(asked);
    }
}
