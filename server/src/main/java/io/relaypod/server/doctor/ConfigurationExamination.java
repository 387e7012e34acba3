package io.relaypod.server.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.relaypod.server.settings.Settings;

/** Placeholders that were left in, and networks that anybody may be in. The variables themselves are valid. */
public final class ConfigurationExamination implements Examination {

    private static final String SUBJECT = "configuration";
    private static final String PLACEHOLDER = "CHANGE-ME";
    private static final long LARGEST_FILE = 1 << 20;

    private final Settings settings;
    private final Map<String, String> environment;
    private final List<Path> files;

    /** @param files further files that may have placeholders, such as smtp2graph's configuration */
    public ConfigurationExamination(Settings settings, Map<String, String> environment, List<Path> files) {
        this.settings = settings;
        this.environment = environment;
        this.files = files;
    }

    @Override
    public List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        environment.entrySet().stream()
                .filter(variable -> variable.getValue().contains(PLACEHOLDER))
                .map(variable -> placeholder("the variable " + variable.getKey()))
                .forEach(findings::add);
        Stream.concat(xmlFiles().stream(), files.stream())
                .filter(ConfigurationExamination::hasPlaceholder)
                .map(file -> placeholder(file.toString()))
                .forEach(findings::add);
        if (!settings.relayNetworks().open().isEmpty()) {
            findings.add(Finding.warning(
                    "networks",
                    "RELAY_NETWORKS has networks that are not private: "
                            + String.join(", ", settings.relayNetworks().open()),
                    "List only networks whose every host may send mail, or require logins with SMTP_AUTH."));
        } else {
            findings.add(Finding.ok("networks", "RELAY_NETWORKS has private networks only"));
        }
        if (findings.stream().noneMatch(finding -> finding.subject().equals(SUBJECT))) {
            findings.add(0, Finding.ok(SUBJECT, "the environment and " + settings.jamesConf() + " are valid"));
        }
        return findings;
    }

    private List<Path> xmlFiles() {
        try (Stream<Path> all = Files.list(settings.jamesConf())) {
            return all.filter(Files::isRegularFile).toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private static boolean hasPlaceholder(Path file) {
        try {
            return Files.isReadable(file)
                    && Files.size(file) <= LARGEST_FILE
                    && Files.readString(file).contains(PLACEHOLDER);
        } catch (IOException noText) {
            return false;
        }
    }

    private static Finding placeholder(String where) {
        return Finding.fault(
                SUBJECT, where + " still has the placeholder " + PLACEHOLDER, "Replace it by your own value.");
    }
}
