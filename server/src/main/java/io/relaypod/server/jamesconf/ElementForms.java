package io.relaypod.server.jamesconf;

import java.util.Map;
import java.util.stream.Collectors;

import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.settings.NearName;
import io.relaypod.server.xml.XmlElement;

/**
 * What an element may have: its attributes and its children, each with its form. Immutable.
 *
 * @param attributes by name
 * @param children by name; one that has children itself has the form of a text
 */
record ElementForms(Map<String, ValueForm> attributes, Map<String, ValueForm> children) {

    /** Notes each attribute and child that is unknown, given twice, or of another form. */
    void check(JamesConfFile file, XmlElement element, ConfigurationFindings findings) {
        element.attributes().forEach((name, value) -> {
            ValueForm form = attributes.get(name);
            if (form == null) {
                findings.fault(file.at(element) + element.tag() + " has no attribute " + name
                        + NearName.question(name, attributes.keySet()) + expected(attributes));
            } else {
                form.problem(value).ifPresent(why -> findings.fault(file.at(element) + name + why));
            }
        });
        for (XmlElement child : element.children()) {
            ValueForm form = children.get(child.name());
            if (form == null) {
                findings.fault(file.at(child) + child.tag() + " is unknown in " + element.tag()
                        + NearName.question(child.name(), children.keySet()) + expected(children));
            } else if (child.children().isEmpty()) {
                form.problem(child.text()).ifPresent(why -> findings.fault(file.at(child) + child.tag() + why));
            }
        }
    }

    /** Notes each child that is there twice. */
    static void checkOnce(JamesConfFile file, XmlElement element, ConfigurationFindings findings) {
        element.children().stream()
                .collect(Collectors.groupingBy(XmlElement::name))
                .forEach((name, all) -> all.stream()
                        .skip(1)
                        .forEach(again ->
                                findings.fault(file.at(again) + again.tag() + " is there twice in " + element.tag()
                                        + ", first in line " + all.get(0).line() + "; expected it once")));
    }

    private static String expected(Map<String, ValueForm> known) {
        return known.isEmpty()
                ? "; expected none"
                : "; expected one of " + known.keySet().stream().sorted().collect(Collectors.joining(", "));
    }
}
