package io.relaypod.server.jamesconf;

import java.util.Map;
import java.util.stream.Collectors;

import io.relaypod.configuration.ValueForm;
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
                findings.fault(file.at(element)
                        .then(" has no attribute " + name)
                        .cure(NearName.question(name, attributes.keySet()))
                        .expected(expected(attributes)));
            } else {
                form.problem(file.at(element, name), value).ifPresent(findings::fault);
            }
        });
        for (XmlElement child : element.children()) {
            ValueForm form = children.get(child.name());
            if (form == null) {
                findings.fault(file.at(child)
                        .then(" is unknown in " + element.tag())
                        .cure(NearName.question(child.name(), children.keySet()))
                        .expected(expected(children)));
            } else if (child.children().isEmpty()) {
                form.problem(file.at(child), child.text()).ifPresent(findings::fault);
            }
        }
    }

    /** Notes each child that is there twice. */
    static void checkOnce(JamesConfFile file, XmlElement element, ConfigurationFindings findings) {
        element.children().stream()
                .collect(Collectors.groupingBy(XmlElement::name))
                .forEach((name, all) -> all.stream()
                        .skip(1)
                        .forEach(again -> findings.fault(file.at(again)
                                .then(" is there twice in " + element.tag() + ", first in line "
                                        + all.get(0).line())
                                .expected("it once"))));
    }

    private static String expected(Map<String, ValueForm> known) {
        return known.isEmpty()
                ? "none"
                : "one of " + known.keySet().stream().sorted().collect(Collectors.joining(", "));
    }
}
