package io.relaypod.server.xml;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParserFactory;

import io.relaypod.configuration.ConfigurationProblem;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.InputSource;
import org.xml.sax.Locator;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.XMLReader;
import org.xml.sax.helpers.DefaultHandler;

/** Reads an XML file. No DTD or entity is loaded from elsewhere. Stateless. */
public final class XmlFileReader {

    private XmlFileReader() {}

    /**
     * @param name of the file, for messages
     * @return the root element
     * @throws InvalidXmlException when it is no well-formed XML
     */
    public static XmlElement read(String name, byte[] content) {
        ElementHandler handler = new ElementHandler();
        try {
            XMLReader reader = parser();
            reader.setContentHandler(handler);
            reader.setErrorHandler(handler);
            reader.setEntityResolver(handler);
            reader.parse(new InputSource(new ByteArrayInputStream(content)));
            return handler.root();
        } catch (SAXParseException wrong) {
            if (wrong.getException() instanceof IOException notInItsEncoding) {
                throw encoding(name, handler, notInItsEncoding);
            }
            throw new InvalidXmlException(
                    ConfigurationProblem.in(
                            name,
                            wrong.getLineNumber(),
                            "it is no well-formed XML: " + wrong.getMessage() + hint(content) + handler.openElement()),
                    wrong);
        } catch (IOException notInItsEncoding) {
            throw encoding(name, handler, notInItsEncoding);
        } catch (SAXException | RuntimeException wrong) {
            throw new InvalidXmlException(
                    ConfigurationProblem.in(name, handler.line(), "it cannot be read: " + wrong.getMessage()), wrong);
        }
    }

    private static InvalidXmlException encoding(String name, ElementHandler handler, IOException wrong) {
        return new InvalidXmlException(
                ConfigurationProblem.in(
                                name, handler.line(), "its bytes are not of its encoding: " + wrong.getMessage())
                        .expected("UTF-8, or the encoding that <?xml ... encoding=\"...\"?> names"),
                wrong);
    }

    // Java's own, whatever other parser is on the class path.
    private static XMLReader parser() throws SAXException {
        try {
            SAXParserFactory parsers = SAXParserFactory.newDefaultInstance();
            parsers.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            parsers.setFeature("http://xml.org/sax/features/external-general-entities", false);
            parsers.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
            parsers.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            return parsers.newSAXParser().getXMLReader();
        } catch (ParserConfigurationException noSuchFeature) {
            throw new IllegalStateException("Java's XML parser lacks a feature", noSuchFeature);
        }
    }

    private static String hint(byte[] content) {
        if (content.length == 0) {
            return "; the file is empty";
        }
        return Character.isWhitespace(content[0]) ? "; nothing, not even a blank, may stand before <?xml" : "";
    }

    /** Builds the elements. For one file. */
    private static final class ElementHandler extends DefaultHandler {

        private final Deque<OpenElement> open = new ArrayDeque<>();
        private Optional<XmlElement> root = Optional.empty();
        private @Nullable Locator locator;

        /** An element whose end tag is still to come. */
        private record OpenElement(
                String name, Map<String, String> attributes, int line, StringBuilder text, List<XmlElement> children) {}

        @Override
        public void setDocumentLocator(Locator place) {
            locator = place;
        }

        @Override
        public void startElement(String uri, String localName, String name, Attributes written) {
            Map<String, String> attributes = new LinkedHashMap<>();
            for (int i = 0; i < written.getLength(); i++) {
                attributes.put(written.getQName(i), written.getValue(i));
            }
            open.push(new OpenElement(name, attributes, line(), new StringBuilder(), new ArrayList<>()));
        }

        @Override
        public void characters(char[] text, int start, int length) {
            open.element().text().append(text, start, length);
        }

        @Override
        public void endElement(String uri, String localName, String name) {
            OpenElement ended = open.pop();
            XmlElement element = new XmlElement(
                    ended.name(), ended.attributes(), ended.text().toString().strip(), ended.children(), ended.line());
            if (open.isEmpty()) {
                root = Optional.of(element);
            } else {
                open.element().children().add(element);
            }
        }

        @Override
        public void skippedEntity(String name) throws SAXException {
            throw new SAXParseException("the entity &" + name + "; is in another file, which is not read", locator);
        }

        @Override
        public InputSource resolveEntity(String publicId, String systemId) {
            return new InputSource(new ByteArrayInputStream(new byte[0]));
        }

        @Override
        public void error(SAXParseException wrong) throws SAXException {
            throw wrong;
        }

        @Override
        public void fatalError(SAXParseException wrong) throws SAXException {
            throw wrong;
        }

        XmlElement root() {
            return root.orElseThrow(() -> new IllegalStateException("there is no element in it"));
        }

        String openElement() {
            return open.isEmpty()
                    ? ""
                    : " (inside <" + open.element().name() + "> of line "
                            + open.element().line() + ")";
        }

        int line() {
            Locator known = locator;
            return known == null ? 0 : known.getLineNumber();
        }
    }
}
