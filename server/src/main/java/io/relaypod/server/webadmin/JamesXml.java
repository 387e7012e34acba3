package io.relaypod.server.webadmin;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;

import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** The values in JAMES_CONF's XML files, as they are written. Passwords are masked. */
public final class JamesXml {

    private static final List<String> FILES = List.of("smtpserver.xml", "mailetcontainer.xml");
    private static final Pattern COMMENT = Pattern.compile("<!--.*?-->", Pattern.DOTALL);
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
                .flatMap(file -> VARIABLE.matcher(text(jamesConf.resolve(file))).results())
                .map(variable -> variable.group(1))
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static String text(Path file) {
        try {
            return COMMENT.matcher(Files.readString(file, StandardCharsets.UTF_8))
                    .replaceAll("");
        } catch (IOException unreadable) {
            return "";
        }
    }

    /** All values, in the order of the files. A file that cannot be read has one value, which says so. */
    public static List<XmlValue> values(Path jamesConf) {
        List<XmlValue> values = new ArrayList<>();
        for (String file : FILES) {
            try {
                String xml = Files.readString(jamesConf.resolve(file), StandardCharsets.UTF_8);
                DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
                factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
                factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
                collect(
                        file,
                        "",
                        factory.newDocumentBuilder()
                                .parse(new InputSource(new StringReader(xml)))
                                .getDocumentElement(),
                        values);
            } catch (IOException | SAXException | ParserConfigurationException unreadable) {
                values.add(new XmlValue(file, "", "cannot be read: " + unreadable.getMessage()));
            }
        }
        return values;
    }

    private static void collect(String file, String path, Element element, List<XmlValue> values) {
        NodeList children = element.getChildNodes();
        boolean hasElements = false;
        for (int i = 0; i < children.getLength(); i++) {
            if (children.item(i).getNodeType() == Node.ELEMENT_NODE) {
                hasElements = true;
                Element child = (Element) children.item(i);
                collect(file, path.isEmpty() ? name(child) : path + "/" + name(child), child, values);
            }
        }
        String value = element.getTextContent().strip();
        if (!hasElements && !value.isEmpty()) {
            values.add(new XmlValue(
                    file,
                    path,
                    SECRET.matcher(element.getTagName()).matches() ? "***" : RelayConfiguration.masked(value)));
        }
    }

    private static String name(Element element) {
        if (!element.getTagName().matches(NAMED_BY)) {
            return element.getTagName();
        }
        String type = element.getAttribute("class");
        String state = element.getAttribute("state");
        return state.isEmpty()
                ? type.isEmpty() ? element.getTagName() : type.substring(type.lastIndexOf('.') + 1)
                : state;
    }
}
