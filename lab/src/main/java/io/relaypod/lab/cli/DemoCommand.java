package io.relaypod.lab.cli;

import java.util.concurrent.Callable;

import picocli.CommandLine.Command;

/** Plays the attack scenarios against the relay. */
@Command(name = "demo", mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        return 0;
    }
}
