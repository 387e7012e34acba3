package io.relaypod.server.cli;

import java.util.Map;
import java.util.concurrent.Callable;

import io.relaypod.server.cli.WebAdminClient.WebAdminException;
import io.relaypod.server.settings.WebAdminSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the password of webadmin, for a browser or a program on another machine. */
@Command(
        name = "webadmin-password",
        mixinStandardHelpOptions = true,
        description = "Print webadmin's password, from WEBADMIN_PASSWORD_FILE or generated in DATA_DIR.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "69:webadmin is off, or the relay has not generated a password"})
final class WebAdminPasswordCommand implements Callable<Integer> {

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** @param environment the variables that webadmin's address and password come from */
    WebAdminPasswordCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() {
        WebAdminSettings webadmin = WebAdminSettings.from(environment)
                .orElseThrow(() -> new WebAdminException(
                        WebAdminClient.NOT_THERE, "WEBADMIN_ADDR is off: this relay has no webadmin"));
        try {
            Terminal terminal = new Terminal(spec);
            String password = WebAdminSettings.password(webadmin.credentials());
            if (terminal.isJson()) {
                terminal.json(Map.of("password", password));
            } else {
                terminal.line("%s", password);
            }
        } catch (IllegalArgumentException none) {
            throw new WebAdminException(
                    WebAdminClient.NOT_THERE,
                    webadmin.credentials() + ": " + none.getMessage() + "; the relay generates it at its start");
        }
        return Terminal.DONE;
    }
}
