package io.relaypod.server.cli;

import java.util.concurrent.Callable;

import io.relaypod.server.cli.WebAdminClient.WebAdminException;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.WebAdminSettings;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The password of webadmin, for a browser or a program elsewhere. */
@Command(
        name = "webadmin-password",
        mixinStandardHelpOptions = true,
        description =
                "Print webadmin's password: that of WEBADMIN_PASSWORD_FILE, or the one that the relay made in DATA_DIR.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "69:webadmin is off, or the relay has not made a password"})
final class WebAdminPasswordCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        WebAdminSettings webadmin = Settings.forWebAdmin(System.getenv())
                .orElseThrow(() -> new WebAdminException(
                        WebAdminClient.NOT_THERE, "WEBADMIN_ADDR is off; there is no webadmin to ask"));
        try {
            new Terminal(spec).line("%s", WebAdminSettings.password(webadmin.credentials()));
        } catch (IllegalArgumentException none) {
            throw new WebAdminException(
                    WebAdminClient.NOT_THERE,
                    webadmin.credentials() + ": " + none.getMessage() + "; the relay makes it at its start");
        }
        return Terminal.DONE;
    }
}
