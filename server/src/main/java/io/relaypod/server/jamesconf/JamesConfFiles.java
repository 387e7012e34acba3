package io.relaypod.server.jamesconf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.settings.FileUrls;
import io.relaypod.server.settings.Placeholder;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;
import io.relaypod.server.xml.InvalidXmlException;
import io.relaypod.server.xml.XmlElement;

/** The XML files of james-conf that James reads. Immutable. */
public final class JamesConfFiles {

    /** The files, without {@code .xml}, which is what James calls them. */
    private static final List<String> COMPONENTS = List.of("mailetcontainer", "smtpserver", "mailrepositorystore");

    private final Map<String, JamesConfFile> files;
    private final FileUrls urls;

    private JamesConfFiles(Map<String, JamesConfFile> files, FileUrls urls) {
        this.files = Map.copyOf(files);
        this.urls = urls;
    }

    /**
     * Reads all files, and notes what is wrong with each file as such: what is not well-formed, variables without a
     * value, placeholders.
     */
    public static JamesConfFiles read(
            Settings settings, EnvironmentLookup environment, ConfigurationFindings findings) {
        Map<String, JamesConfFile> files = new LinkedHashMap<>();
        for (String component : COMPONENTS) {
            try {
                JamesConfFile.read(settings.jamesConf(), component + ".xml", environment)
                        .ifPresent(file -> {
                            files.put(component, file);
                            checkTexts(file, file.written(), file.root(), environment, findings);
                        });
            } catch (InvalidXmlException wrong) {
                findings.fault(wrong.problem());
            }
        }
        JamesConfFiles all = new JamesConfFiles(files, new FileUrls(settings.jamesConf(), settings.dataDir()));
        all.warnOfUnusedVariables(settings, findings);
        UnreadFiles.check(settings.jamesConf(), findings);
        return all;
    }

    /** The file of that name, without {@code .xml}. */
    public Optional<JamesConfFile> file(String component) {
        return Optional.ofNullable(files.get(component));
    }

    /** Judges what the files say. */
    public void check(NamedClasses classes, String handlersPackage, ConfigurationFindings findings) {
        TrialRun trial = new TrialRun();
        file("smtpserver")
                .ifPresent(file -> new SmtpServerCheck(file, classes, trial, urls, handlersPackage, findings).check());
        file("mailetcontainer")
                .ifPresent(file -> new MailetContainerCheck(
                                file,
                                classes,
                                trial,
                                XmlForms.repository(file("mailrepositorystore").isEmpty()),
                                findings)
                        .check());
    }

    private static void checkTexts(
            JamesConfFile file,
            XmlElement written,
            XmlElement filledIn,
            EnvironmentLookup environment,
            ConfigurationFindings findings) {
        checkText(file.at(filledIn), written.text(), filledIn.text(), environment, findings);
        written.attributes()
                .forEach((name, value) -> checkText(
                        file.at(filledIn, name), value, filledIn.attribute(name).orElse(""), environment, findings));
        for (int i = 0; i < written.children().size(); i++) {
            checkTexts(file, written.children().get(i), filledIn.children().get(i), environment, findings);
        }
    }

    private static void checkText(
            ConfigurationProblem place,
            String written,
            String filledIn,
            EnvironmentLookup environment,
            ConfigurationFindings findings) {
        JamesConfFile.unknownVariable(place, written, filledIn, environment).ifPresent(findings::fault);
        if (Placeholder.isIn(filledIn)) {
            findings.fault(Placeholder.problem(place));
        }
    }

    private void warnOfUnusedVariables(Settings settings, ConfigurationFindings findings) {
        if (file("mailetcontainer").isEmpty() || file("smtpserver").isEmpty()) {
            return;
        }
        settings.forJames().keySet().stream()
                .filter(variable -> isSet(settings, variable))
                .filter(variable -> files.values().stream().noneMatch(file -> file.uses(variable.name())))
                .forEach(variable -> findings.warn(ConfigurationProblem.of(variable.name())
                        .then(" is set, and has no effect: there is no ${env:" + variable + "} in "
                                + settings.jamesConf())
                        .cure("compare it with the james-conf that comes with relaypod")));
    }

    private static boolean isSet(Settings settings, Variable variable) {
        return !settings.variables().getOrDefault(variable, "").equals(variable.defaultValue());
    }

    /** Warns of files of James that relaypod does not read. */
    private static final class UnreadFiles {

        private static final List<String> NAMES = List.of(
                "domainlist.xml",
                "usersrepository.xml",
                "recipientrewritetable.xml",
                "dnsservice.xml",
                "imapserver.xml",
                "pop3server.xml",
                "lmtpserver.xml",
                "managesieveserver.xml",
                "listeners.xml",
                "jmx.properties",
                "activemq.properties",
                "rabbitmq.properties",
                "healthcheck.properties",
                "log4j2.xml",
                "logback.xml",
                "smtpserver.properties",
                "mailetcontainer.properties",
                "webadmin.xml",
                "webadmin.yml");

        static void check(Path directory, ConfigurationFindings findings) {
            NAMES.stream()
                    .filter(name -> Files.exists(directory.resolve(name)))
                    .forEach(name ->
                            findings.warn(ConfigurationProblem.in(name, 0, "relaypod does not read this file")));
        }
    }
}
