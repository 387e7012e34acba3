package io.relaypod.lab.cli;

import io.relaypod.server.cli.Relaypod;

/** The command {@code relaypod} of a working copy: the server's commands, and the commands that need the lab. */
public final class Launcher {

    private Launcher() {}

    public static void main(String[] arguments) {
        System.exit(Relaypod.commandLine()
                .addSubcommand(new DemoCommand())
                .addSubcommand(new RehearseCommand())
                .addSubcommand(new ServeCommand())
                .addSubcommand(new StandInCommand())
                .execute(arguments));
    }
}
