package io.relaypod.server.jamesconf;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.server.settings.NearName;
import io.relaypod.server.settings.TextFile;
import io.relaypod.server.xml.InvalidXmlException;
import io.relaypod.server.xml.XmlElement;
import io.relaypod.server.xml.XmlFileReader;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.interpol.ConfigurationInterpolator;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.commons.configuration2.tree.InMemoryNodeModel;

/**
 * An XML file of james-conf. Immutable.
 *
 * @param name without its directory, such as {@code smtpserver.xml}
 * @param written as it is in the file
 * @param root with {@code ${env:NAME}} and the like filled in
 */
public record JamesConfFile(String name, XmlElement written, XmlElement root) {

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([^${}]*)}");
    private static final Pattern ESCAPED = Pattern.compile("\\$\\$\\{");
    private static final String ENVIRONMENT = "env:";

    /**
     * Reads a file.
     *
     * @return empty if there is no such file
     * @throws InvalidXmlException if it cannot be read
     */
    static Optional<JamesConfFile> read(Path directory, String name, EnvironmentLookup environment) {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            XmlElement written = XmlFileReader.read(name, TextFile.bytes(file));
            ConfigurationInterpolator variables = configuration(written).getInterpolator();
            variables.registerLookup("env", environment);
            return Optional.of(new JamesConfFile(name, written, written.with(text -> filledIn(text, variables))));
        } catch (IllegalArgumentException unreadable) {
            throw new InvalidXmlException(
                    ConfigurationProblem.in(name, 0, String.valueOf(unreadable.getMessage())), unreadable);
        }
    }

    // A variable that cannot be looked up stays as it is, and is found as unknown.
    private static String filledIn(String text, ConfigurationInterpolator variables) {
        try {
            return String.valueOf(variables.interpolate(text));
        } catch (RuntimeException noValue) {
            return text;
        }
    }

    /** For James; a new one at each call, as James adds to it. */
    public HierarchicalConfiguration<ImmutableNode> configuration() {
        return configuration(root);
    }

    static BaseHierarchicalConfiguration configuration(XmlElement element) {
        return new ElementConfiguration(node(element));
    }

    // As Commons Configuration's XML reader: an element without children and attributes has a value, if an empty one.
    private static ImmutableNode node(XmlElement element) {
        ImmutableNode.Builder node = new ImmutableNode.Builder().name(element.name());
        element.attributes().forEach(node::addAttribute);
        element.children().forEach(child -> node.addChild(node(child)));
        if (!element.text().isEmpty()
                || element.children().isEmpty() && element.attributes().isEmpty()) {
            node.value(element.text());
        }
        return node.create();
    }

    /** What James reads. */
    private static final class ElementConfiguration extends BaseHierarchicalConfiguration {

        ElementConfiguration(ImmutableNode root) {
            super(new InMemoryNodeModel(root));
        }
    }

    /** A problem of an element, whose place is the element's. */
    ConfigurationProblem at(XmlElement element, String subject) {
        return ConfigurationProblem.in(name, element.line(), subject);
    }

    /** A problem of an element as a whole. */
    ConfigurationProblem at(XmlElement element) {
        return at(element, element.tag());
    }

    /** Whether {@code ${env:NAME}} is anywhere in it. */
    boolean uses(String variable) {
        return written.all()
                .anyMatch(element -> element.text().contains("${" + ENVIRONMENT + variable)
                        || element.attributes().values().stream()
                                .anyMatch(value -> value.contains("${" + ENVIRONMENT + variable)));
    }

    /** The problem with the first variable in a text that has no value. */
    static Optional<ConfigurationProblem> unknownVariable(
            ConfigurationProblem place, String written, String filledIn, EnvironmentLookup environment) {
        Matcher left = VARIABLE.matcher(filledIn);
        if (ESCAPED.matcher(written).find() || !left.find()) {
            return Optional.empty();
        }
        String variable = left.group(1);
        if (!variable.startsWith(ENVIRONMENT)) {
            return Optional.of(
                    place.then(" has ${" + variable + "} has no value").expected("${env:NAME} with a variable's name"));
        }
        String name = variable.substring(ENVIRONMENT.length());
        return Optional.of(place.then(" has ${" + variable + "}: there is no variable " + name
                        + " in docs/configuration.md or in the environment")
                .cure(NearName.question(name, environment.names())));
    }
}
