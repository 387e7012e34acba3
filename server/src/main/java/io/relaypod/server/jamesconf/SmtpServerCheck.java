package io.relaypod.server.jamesconf;

import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

import io.relaypod.configuration.ValueForm;
import io.relaypod.mailets.MxRcptHook;
import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.settings.FileUrls;
import io.relaypod.server.settings.NearName;
import io.relaypod.server.xml.XmlElement;
import org.apache.james.protocols.api.handler.ProtocolHandler;
import org.apache.james.utils.NamingScheme;

/**
 * Judges smtpserver.xml. Immutable.
 *
 * @param trial tries what only reads its parameters
 * @param urls what a file's URL means
 * @param handlersPackage the class that has to name the commands
 */
record SmtpServerCheck(
        JamesConfFile file,
        NamedClasses classes,
        TrialRun trial,
        FileUrls urls,
        String handlersPackage,
        ConfigurationFindings findings) {

    private static final String HANDLERS = "org.apache.james.smtpserver.fastfail";
    private static final Map<String, ValueForm> SERVER_CHILDREN = Map.ofEntries(
            Map.entry("bind", XmlForms.ADDRESSES),
            Map.entry("jmxName", XmlForms.TEXT),
            Map.entry("connectionBacklog", XmlForms.number(1)),
            Map.entry("connectiontimeout", XmlForms.number(0)),
            Map.entry("connectionLimit", XmlForms.number(0)),
            Map.entry("connectionLimitPerIP", XmlForms.number(0)),
            Map.entry("helloName", XmlForms.TEXT),
            Map.entry("proxyRequired", XmlForms.BOOLEAN),
            Map.entry("ioWorkerCount", XmlForms.number(1)),
            Map.entry("bossWorkerCount", XmlForms.number(1)),
            Map.entry("maxExecutorCount", XmlForms.number(1)),
            Map.entry("gracefulShutdown", XmlForms.BOOLEAN),
            Map.entry("auth", XmlForms.TEXT),
            Map.entry("authRequired", XmlForms.oneOf("true", "false", "announce")),
            Map.entry("verifyIdentity", XmlForms.BOOLEAN),
            Map.entry("authorizedAddresses", XmlForms.NETWORKS),
            Map.entry("maxmessagesize", XmlForms.SIZE),
            Map.entry("heloEhloEnforcement", XmlForms.BOOLEAN),
            Map.entry("addressBracketsEnforcement", XmlForms.BOOLEAN),
            Map.entry("smtpGreeting", XmlForms.TEXT),
            Map.entry("tls", XmlForms.TEXT),
            Map.entry("handlerchain", XmlForms.TEXT));
    private static final ElementForms SERVER = new ElementForms(Map.of("enabled", XmlForms.BOOLEAN), SERVER_CHILDREN);
    private static final ElementForms TLS = new ElementForms(
            Map.of("startTLS", XmlForms.BOOLEAN, "socketTLS", XmlForms.BOOLEAN),
            Map.ofEntries(
                    Map.entry("keystore", XmlForms.TEXT),
                    Map.entry("keystoreType", XmlForms.TEXT),
                    Map.entry("privateKey", XmlForms.TEXT),
                    Map.entry("certificates", XmlForms.TEXT),
                    Map.entry("secret", XmlForms.TEXT),
                    Map.entry("provider", XmlForms.TEXT),
                    Map.entry("algorithm", XmlForms.TEXT),
                    Map.entry("supportedCipherSuites", XmlForms.TEXT),
                    Map.entry("supportedProtocols", XmlForms.TEXT),
                    Map.entry("clientAuth", XmlForms.TEXT),
                    Map.entry("enableOCSPCRLChecks", XmlForms.BOOLEAN)));
    private static final Map<String, ValueForm> CHAIN_ATTRIBUTES = Map.of(
            "coreHandlersPackage", XmlForms.TEXT,
            "jmxHandlersPackage", XmlForms.TEXT,
            "enableJmx", XmlForms.BOOLEAN);
    private static final ElementForms CHAIN = new ElementForms(CHAIN_ATTRIBUTES, Map.of("handler", XmlForms.TEXT));

    private static final Set<String> FILES_OF_TLS = Set.of("keystore", "privateKey", "certificates");

    void check() {
        XmlElement root = file.root();
        if (!root.name().equals("smtpservers")) {
            findings.fault(file.at(root).then(" is the root").expected("<smtpservers>"));
            return;
        }
        new ElementForms(Map.of(), Map.of("smtpserver", XmlForms.TEXT)).check(file, root, findings);
        List<XmlElement> servers = root.children("smtpserver").toList();
        List<XmlElement> enabled = servers.stream()
                .filter(server -> !server.attribute("enabled").orElse("true").equalsIgnoreCase("false"))
                .toList();
        if (enabled.isEmpty()) {
            findings.fault(file.at(root, servers.isEmpty() ? "there is no <smtpserver>" : "no <smtpserver> is enabled")
                    .then("; nothing would take mail"));
        }
        enabled.forEach(this::checkServer);
    }

    private void checkServer(XmlElement server) {
        SERVER.check(file, server, findings);
        ElementForms.checkOnce(file, server, findings);
        server.child("tls").ifPresent(this::checkTls);
        server.child("helloName").ifPresent(this::checkHelloName);
        if (server.child("authorizedAddresses").isEmpty()) {
            findings.warn(file.at(server, "<authorizedAddresses>")
                    .then(" is missing: no client is authorized, and each gets 550 5.7.1"));
        }
        Optional<XmlElement> chain = server.child("handlerchain");
        if (chain.isEmpty()) {
            findings.fault(
                    file.at(server, "<handlerchain>").then(" is missing; it names what answers SMTP's commands"));
        }
        chain.ifPresent(this::checkChain);
    }

    private void checkTls(XmlElement tls) {
        TLS.check(file, tls, findings);
        boolean startTls = isTrue(tls, "startTLS");
        boolean socketTls = isTrue(tls, "socketTLS");
        if (startTls && socketTls) {
            findings.fault(file.at(tls).then(" has startTLS and socketTLS").expected("one of them"));
        }
        tls.children().stream()
                .filter(child ->
                        FILES_OF_TLS.contains(child.name()) && child.text().startsWith("file://"))
                .filter(child -> !Files.isReadable(urls.path(child.text())))
                .forEach(child -> findings.fault(file.at(child)
                        .is(child.text())
                        .then("; " + urls.path(child.text()) + " cannot be read")
                        .expected("a file, such as file://conf/keystore")));
        boolean hasPair =
                tls.child("privateKey").isPresent() && tls.child("certificates").isPresent();
        if ((startTls || socketTls) && tls.child("keystore").isEmpty() && !hasPair) {
            findings.fault(file.at(tls)
                    .then(" has no certificate")
                    .expected("<keystore>, or <privateKey> and <certificates>"));
        }
    }

    private static boolean isTrue(XmlElement element, String attribute) {
        return Set.of("true", "yes", "on").contains(element.attribute(attribute).orElse("false"));
    }

    private void checkHelloName(XmlElement name) {
        boolean autodetect = !name.attribute("autodetect").orElse("true").equalsIgnoreCase("false");
        if (!autodetect && name.text().isEmpty()) {
            findings.fault(file.at(name, "<helloName autodetect=\"false\">")
                    .then(" is empty")
                    .expected("a host name"));
        }
    }

    private void checkChain(XmlElement chain) {
        CHAIN.check(file, chain, findings);
        chain.attribute("coreHandlersPackage")
                .filter(name -> !name.strip().equals(handlersPackage))
                .ifPresent(other -> findings.fault(file.at(chain, "coreHandlersPackage")
                        .is(other)
                        .expected(handlersPackage + ", as no other has the commands of a relay")));
        Set<String> handlers = chain.children("handler")
                .flatMap(handler -> checkHandler(handler).stream())
                .map(Class::getName)
                .collect(Collectors.toSet());
        boolean allAreKnown = handlers.size() == chain.children("handler").count();
        if (allAreKnown && !handlers.contains(MxRcptHook.class.getName())) {
            findings.warn(
                    file.at(
                            chain,
                            "there is no <handler class=\"" + MxRcptHook.class.getName()
                                    + "\"/>: recipients' domains are not checked, and mail to domains that cannot receive it goes to Graph"));
        }
    }

    private Optional<Class<?>> checkHandler(XmlElement handler) {
        handler.attributes().keySet().stream()
                .filter(name -> !name.equals("class"))
                .forEach(name -> findings.fault(file.at(handler)
                        .then(" has no attribute " + name)
                        .cure(NearName.question(name, Set.of("class")))
                        .expected("class")));
        String name = handler.attribute("class").orElse("").strip();
        if (name.isEmpty()) {
            findings.fault(file.at(handler, "the handler has no class").expected("class=\"NAME\""));
            return Optional.empty();
        }
        Optional<Class<?>> found = classes.find(name, NamingScheme.IDENTITY);
        if (found.isEmpty()) {
            findings.fault(file.at(handler, "class")
                    .is(name)
                    .then("; there is no class of this name")
                    .cure(classes.question(name, HANDLERS)));
            return found;
        }
        Optional<String> problem = classes.problem(found.get(), ProtocolHandler.class, "handler of SMTP");
        problem.ifPresent(
                why -> findings.fault(file.at(handler, "class").is(name).then("; " + why)));
        if (problem.isPresent()) {
            return Optional.empty();
        }
        ElementForms.checkOnce(file, handler, findings);
        if (found.get().equals(MxRcptHook.class)) {
            handler.children()
                    .forEach(child ->
                            findings.fault(file.at(child).then(" is no parameter of MxRcptHook; it has none")));
        }
        trial.ofHandler(found.get(), JamesConfFile.configuration(handler))
                .ifPresent(why -> findings.fault(file.at(handler, name).then(": " + why)));
        return found;
    }
}
