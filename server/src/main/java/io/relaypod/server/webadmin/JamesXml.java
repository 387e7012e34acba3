package io.relaypod.server.webadmin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.relaypod.configuration.UrlSecrets;
import io.relaypod.server.xml.InvalidXmlException;
import io.relaypod.server.xml.XmlElement;
import io.relaypod.server.xml.XmlFileReader;

/** The values in JAMES_CONF's XML files, as they are written. Passwords are masked. */
public final class JamesXml {

    private static final List<String> FILES = List.of("smtpserver.xml", "mailetcontainer.xml");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{env:(\\w+)}");
    private static final Pattern SECRET = Pattern.compile("(?i).*(password|secret|token).*");
    private static final String NAMED_BY = "(mailet|matcher|processor|handler)";

    private JamesXml() {}

    /**
     * An element without child elements.
     *
     * @param path of the elements around it; a processor by its state, a mailet or handler by the last part of its
     *     class
     * @param value as it is written; {@code ${env:NAME}} stands for a variable
     */
    public record XmlValue(String file, String path, String value) {}

    /** The variables that the files name. A file that cannot be read names none. */
    static Set<String> namedVariables(Path jamesConf) {
        return FILES.stream()
                .flatMap(file -> variables(jamesConf.resolve(file)))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Stream<String> variables(Path file) {
        try {
            return root(file)
                    .all()
                    .flatMap(
                            element -> Stream.concat(Stream.of(element.text()), element.attributes().values().stream()))
                    .flatMap(text -> VARIABLE.matcher(text).results())
                    .map(variable -> variable.group(1));
        } catch (IOException | InvalidXmlException unreadable) {
            return Stream.empty();
        }
    }

    private static XmlElement root(Path file) throws IOException {
        return XmlFileReader.read(String.valueOf(file.getFileName()), Files.readAllBytes(file));
    }

    /** All values, in the order of the files. A file that cannot be read has one value, which says so. */
    public static List<XmlValue> values(Path jamesConf) {
        List<XmlValue> values = new ArrayList<>();
        for (String file : FILES) {
            try {
                collect(file, "", root(jamesConf.resolve(file)), values);
            } catch (IOException | InvalidXmlException unreadable) {
                values.add(new XmlValue(file, "", "cannot be read: " + unreadable.getMessage()));
            }
        }
        return values;
    }

    private static void collect(String file, String path, XmlElement element, List<XmlValue> values) {
        element.children()
                .forEach(
                        child -> collect(file, path.isEmpty() ? name(child) : path + "/" + name(child), child, values));
        if (element.children().isEmpty() && !element.text().isEmpty()) {
            values.add(new XmlValue(
                    file, path, SECRET.matcher(element.name()).matches() ? "***" : UrlSecrets.masked(element.text())));
        }
    }

    private static String name(XmlElement element) {
        if (!element.name().matches(NAMED_BY)) {
            return element.name();
        }
        String type = element.attribute("class").orElse("");
        String state = element.attribute("state").orElse("");
        return state.isEmpty() ? type.isEmpty() ? element.name() : type.substring(type.lastIndexOf('.') + 1) : state;
    }
}
