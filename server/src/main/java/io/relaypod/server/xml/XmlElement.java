package io.relaypod.server.xml;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;

/**
 * An element of an XML file. Immutable.
 *
 * @param attributes in their order
 * @param text all text directly in it, without blanks around it
 * @param children in their order
 * @param line where its start tag ends, from 1
 */
public record XmlElement(
        String name, Map<String, String> attributes, String text, List<XmlElement> children, int line) {

    /** Takes copies. */
    public XmlElement {
        attributes = ImmutableMap.copyOf(attributes);
        children = List.copyOf(children);
    }

    /** The children of that name. */
    public Stream<XmlElement> children(String name) {
        return children.stream().filter(child -> child.name().equals(name));
    }

    /** The first child of that name. */
    public Optional<XmlElement> child(String name) {
        return children(name).findFirst();
    }

    public Optional<String> attribute(String name) {
        return Optional.ofNullable(attributes.get(name));
    }

    /** This element and all below it. */
    public Stream<XmlElement> all() {
        return Stream.concat(Stream.of(this), children.stream().flatMap(XmlElement::all));
    }

    /** The same with all text and all values of attributes changed. */
    public XmlElement with(UnaryOperator<String> change) {
        return new XmlElement(
                name,
                Maps.transformValues(attributes, change::apply),
                change.apply(text),
                children.stream().map(child -> child.with(change)).toList(),
                line);
    }

    /** As it is named in messages, such as {@code <maxRetries>}. */
    public String tag() {
        return "<" + name + ">";
    }
}
