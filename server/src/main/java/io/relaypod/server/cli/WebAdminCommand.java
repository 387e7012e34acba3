package io.relaypod.server.cli;

import java.util.Map;
import java.util.concurrent.Callable;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks a running relay's webadmin. */
abstract class WebAdminCommand implements Callable<Integer> {

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** @param environment the variables that webadmin's address and password come from */
    WebAdminCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    final WebAdminClient webadmin() {
        return WebAdminClient.of(environment);
    }

    final Terminal terminal() {
        return new Terminal(spec);
    }
}
