package io.relaypod.server.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.relaypod.server.cli.WebAdminClient.WebAdminException;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.webadmin.JamesXml;
import io.relaypod.server.webadmin.RelayConfiguration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The configuration in force, and where each value comes from. */
@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description =
                "Show the configuration of the running relay, and where each value comes from; without a relay, that of a start in this environment. Passwords are not shown.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done",
            "70:webadmin could not do it",
            "77:webadmin refuses the password",
            "78:a value of this environment is wrong"
        })
final class ConfigCommand implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(names = "--changed", description = "Only what is not a default, without the XML files.")
    private boolean isChangedOnly;

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** @param environment the variables of docs/configuration.md */
    ConfigCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /** @param source who has told it */
    private record ShownConfiguration(String source, JsonNode variables, JsonNode xml) {}

    @Override
    public Integer call() {
        ShownConfiguration shown = configuration();
        Terminal terminal = new Terminal(spec);
        if (terminal.isJson()) {
            terminal.json(shown);
            return Terminal.DONE;
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"VARIABLE", "FROM", "VALUE"});
        shown.variables().properties().forEach(variable -> {
            JsonNode value = variable.getValue();
            if (!isChangedOnly || !value.path("isDefault").asBoolean()) {
                rows.add(new String[] {
                    variable.getKey(),
                    value.path("source").asText(),
                    value.path("value").asText()
                });
            }
        });
        terminal.table(rows);
        if (!isChangedOnly) {
            List<String[]> xml = new ArrayList<>();
            xml.add(new String[] {"XML FILE", "ELEMENT", "VALUE"});
            shown.xml()
                    .forEach(value -> xml.add(new String[] {
                        value.path("file").asText(),
                        value.path("path").asText(),
                        value.path("value").asText()
                    }));
            terminal.line("");
            terminal.table(xml);
        }
        terminal.line("%s", shown.source());
        return Terminal.DONE;
    }

    private ShownConfiguration configuration() {
        try {
            WebAdminClient webadmin = WebAdminClient.of(environment);
            return new ShownConfiguration(
                    "In force in the running relay.",
                    webadmin.get("/relay/configuration"),
                    webadmin.get("/relay/configuration/xml"));
        } catch (WebAdminException refusal) {
            if (refusal.exitCode() != WebAdminClient.NOT_THERE) {
                throw refusal;
            }
            Settings settings = Settings.from(environment);
            return new ShownConfiguration(
                    "No relay answers here; a start in this environment would use this.",
                    JSON.valueToTree(RelayConfiguration.shown(settings)),
                    JSON.valueToTree(JamesXml.values(settings.jamesConf())));
        }
    }
}
