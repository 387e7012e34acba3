package io.relaypod.server.settings;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import io.relaypod.graph.HealSettings.HealMode;
import io.relaypod.graph.Smtp2GraphDirectory;

/**
 * The settings of following and healing copies in smtp2graph. Immutable.
 *
 * @param directory its base directory
 * @param heal whether stuck and failed copies are sent again
 * @param window copies between Mailpit's 250 and Graph's 202, in all
 */
public record Smtp2GraphSettings(Smtp2GraphDirectory directory, HealMode heal, int window) {

    // A missing mount is a mistake in the manifest. The directories inside it may be missing until smtp2graph starts.
    static Optional<Smtp2GraphSettings> read(Environment environment) {
        HealMode heal = environment.read(Variable.GRAPH_HEAL, Smtp2GraphSettings::heal);
        int window = environment.integer(Variable.GRAPH_WINDOW);
        Optional<Path> data = environment.path(Variable.SMTP2GRAPH_DATA);
        if (data.isEmpty() && heal == HealMode.ON) {
            environment.reject(Variable.GRAPH_HEAL, "it means nothing without SMTP2GRAPH_DATA");
        }
        data.filter(directory -> !Files.isDirectory(directory))
                .ifPresent(missing -> environment.reject(
                        Variable.SMTP2GRAPH_DATA,
                        missing + " is no directory; mount smtp2graph's volume there, in this container too"));
        return data.map(directory -> new Smtp2GraphSettings(new Smtp2GraphDirectory(directory), heal, window));
    }

    private static HealMode heal(String value) {
        return switch (value) {
            case "auto" -> HealMode.AUTO;
            case "true" -> HealMode.ON;
            default -> HealMode.OFF;
        };
    }
}
