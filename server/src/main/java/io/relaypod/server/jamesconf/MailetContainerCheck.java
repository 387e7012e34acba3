package io.relaypod.server.jamesconf;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.common.collect.ImmutableMap;
import io.relaypod.configuration.ValueForm;
import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.settings.NearName;
import io.relaypod.server.xml.XmlElement;
import org.apache.james.core.MailAddress;
import org.apache.james.mailetcontainer.impl.matchers.CompositeMatcher;
import org.apache.james.utils.NamingScheme;
import org.apache.james.utils.NamingScheme.OptionalPackagePrefix;
import org.apache.james.utils.PackageName;
import org.apache.mailet.Mailet;
import org.apache.mailet.Matcher;

/**
 * Judges mailetcontainer.xml: every fault that James would find at the start, and those that it would not. Immutable.
 *
 * @param trial tries what only reads its parameters
 * @param repositories the form of a repository's URL
 */
record MailetContainerCheck(
        JamesConfFile file,
        NamedClasses classes,
        TrialRun trial,
        ValueForm repositories,
        ConfigurationFindings findings) {

    static final String MAILETS = "org.apache.james.transport.mailets.";
    private static final String MATCHERS = "org.apache.james.transport.matchers.";
    private static final NamingScheme MAILET_NAMES = new OptionalPackagePrefix(PackageName.of(MAILETS));
    private static final NamingScheme MATCHER_NAMES = new OptionalPackagePrefix(PackageName.of(MATCHERS));

    private static final ElementForms CONTAINER = new ElementForms(
            Map.of("enableJmx", XmlForms.BOOLEAN),
            Map.of("context", XmlForms.TEXT, "spooler", XmlForms.TEXT, "processors", XmlForms.TEXT));
    private static final ElementForms CONTEXT = new ElementForms(
            Map.of(),
            Map.of(
                    "postmaster",
                    new ValueForm("a mail address, such as postmaster@localhost", MailetContainerCheck::isPostmaster)));
    private static final ElementForms PROCESSORS =
            new ElementForms(Map.of("enableJmx", XmlForms.BOOLEAN), Map.of("processor", XmlForms.TEXT));
    private static final ElementForms PROCESSOR = new ElementForms(
            ImmutableMap.of("state", XmlForms.TEXT, "enableJmx", XmlForms.BOOLEAN),
            Map.of("mailet", XmlForms.TEXT, "matcher", XmlForms.TEXT));
    private static final Map<String, ValueForm> MAILET_ATTRIBUTES =
            Map.of("match", XmlForms.TEXT, "notmatch", XmlForms.TEXT, "class", XmlForms.TEXT);
    private static final ElementForms MATCHER = new ElementForms(
            Map.of("name", XmlForms.TEXT, "match", XmlForms.TEXT, "notmatch", XmlForms.TEXT),
            Map.of("matcher", XmlForms.TEXT));

    private static boolean isPostmaster(String address) {
        try {
            return !new MailAddress(address.contains("@") ? address : address + "@localhost")
                    .asString()
                    .isEmpty();
        } catch (Exception noAddress) {
            return false;
        }
    }

    void check() {
        XmlElement root = file.root();
        if (!root.name().equals("mailetcontainer")) {
            findings.fault(file.at(root).then(" is the root").expected("<mailetcontainer>"));
            return;
        }
        CONTAINER.check(file, root, findings);
        ElementForms.checkOnce(file, root, findings);
        root.child("context").ifPresent(context -> CONTEXT.check(file, context, findings));
        root.child("spooler").ifPresent(spooler -> spooler().check(file, spooler, findings));
        Optional<XmlElement> processors = root.child("processors");
        if (processors.isEmpty()) {
            findings.fault(file.at(root, "<processors>").then(" is missing; without it no mail would be delivered"));
            return;
        }
        PROCESSORS.check(file, processors.get(), findings);
        List<XmlElement> all = processors.get().children("processor").toList();
        checkStates(all, processors.get());
        Set<String> states =
                all.stream().flatMap(each -> each.attribute("state").stream()).collect(Collectors.toSet());
        List<ConfiguredMailet> mailets =
                all.stream().flatMap(each -> checkProcessor(each, states)).toList();
        new ProcessorRules(file, all, mailets, findings).check();
    }

    private ElementForms spooler() {
        return new ElementForms(Map.of(), Map.of("threads", XmlForms.number(1), "errorRepository", repositories));
    }

    private void checkStates(List<XmlElement> processors, XmlElement parent) {
        Set<String> seen = new HashSet<>();
        for (XmlElement processor : processors) {
            String state = processor.attribute("state").orElse("");
            if (state.isBlank()) {
                findings.fault(file.at(processor, "the processor has no state").expected("state=\"NAME\""));
            } else if (state.equals("ghost")) {
                findings.fault(file.at(processor, "state")
                        .is(state)
                        .then(", James' word for a mail that is done")
                        .expected("another name"));
            } else if (!seen.add(state)) {
                findings.fault(file.at(
                        processor, "there is another processor '" + state + "' above; James would use the last alone"));
            }
        }
        for (String required : List.of("root", "error", "transport")) {
            if (!seen.contains(required)) {
                findings.fault(file.at(parent, "there is no processor '" + required + "'")
                        .cure(NearName.question(required, seen)));
            }
        }
    }

    private Stream<ConfiguredMailet> checkProcessor(XmlElement processor, Set<String> states) {
        PROCESSOR.check(file, processor, findings);
        Set<String> composites = new HashSet<>();
        processor.children("matcher").forEach(matcher -> checkComposite(matcher, composites));
        return processor
                .children("mailet")
                .map(mailet -> checkMailet(processor, mailet, states, composites))
                .toList()
                .stream();
    }

    private void checkComposite(XmlElement matcher, Set<String> names) {
        MATCHER.check(file, matcher, findings);
        matcher.attribute("name")
                .filter(name -> !names.add(name))
                .ifPresent(again ->
                        findings.fault(file.at(matcher, "there is another matcher '" + again + "' in this processor")));
        Optional<Class<?>> found = checkMatch(matcher, Set.of());
        if (matcher.attribute("match").isEmpty()
                && matcher.attribute("notmatch").isEmpty()) {
            findings.fault(file.at(matcher, "the matcher has neither match nor notmatch"));
        }
        boolean isComposite =
                found.filter(CompositeMatcher.class::isAssignableFrom).isPresent();
        if (found.isPresent() && !isComposite && !matcher.children().isEmpty()) {
            findings.fault(file.at(matcher, "'" + found.get().getSimpleName() + "' takes no matchers inside")
                    .expected("org.apache.james.mailetcontainer.impl.matchers.And, Or, Not or Xor"));
        }
        matcher.children("matcher").forEach(child -> checkComposite(child, names));
    }

    private ConfiguredMailet checkMailet(
            XmlElement processor, XmlElement mailet, Set<String> states, Set<String> composites) {
        mailet.attributes().keySet().stream()
                .filter(name -> !MAILET_ATTRIBUTES.containsKey(name))
                .forEach(name -> findings.fault(file.at(mailet)
                        .then(" has no attribute " + name)
                        .cure(NearName.question(name, MAILET_ATTRIBUTES.keySet()))
                        .expected("match, notmatch or class")));
        Optional<Class<?>> matcher = checkMatch(mailet, composites);
        Optional<Class<?>> type = checkClass(mailet);
        ConfiguredMailet configured =
                new ConfiguredMailet(file, processor.attribute("state").orElse(""), mailet, type, matcher, composites);
        if (type.isPresent()) {
            configured.checkParameters(states, repositories, trial, findings);
        }
        return configured;
    }

    private Optional<Class<?>> checkClass(XmlElement mailet) {
        String name = mailet.attribute("class").orElse("").strip();
        if (name.isEmpty()) {
            findings.fault(file.at(mailet, "the mailet has no class").expected("class=\"NAME\""));
            return Optional.empty();
        }
        return named(mailet, "class", name, MAILET_NAMES, Mailet.class, "mailet", MAILETS);
    }

    /** The matcher's class; that of a composite by its name is unknown here. */
    private Optional<Class<?>> checkMatch(XmlElement element, Set<String> composites) {
        Optional<String> match = element.attribute("match");
        Optional<String> notMatch = element.attribute("notmatch");
        if (match.isPresent() && notMatch.isPresent()) {
            findings.fault(file.at(element).then(" has match and notmatch").expected("one of them"));
        }
        String attribute = match.isPresent() ? "match" : "notmatch";
        String written = match.or(() -> notMatch).orElse("All");
        if (match.isPresent() && composites.contains(written)) {
            return Optional.empty();
        }
        int condition = written.indexOf('=');
        String name = (condition < 0 ? written : written.substring(0, condition)).strip();
        Optional<Class<?>> found = named(element, attribute, name, MATCHER_NAMES, Matcher.class, "matcher", MATCHERS);
        Optional<String> parameter =
                Optional.of(written).filter(all -> condition >= 0).map(all -> all.substring(condition + 1));
        found.flatMap(type -> trial.ofMatcher(type, name, parameter))
                .ifPresent(why ->
                        findings.fault(file.at(element, attribute).is(written).then("; " + why)));
        return found;
    }

    private Optional<Class<?>> named(
            XmlElement element,
            String attribute,
            String name,
            NamingScheme names,
            Class<?> kind,
            String word,
            String jamesPackage) {
        Optional<Class<?>> found = classes.find(name, names);
        if (found.isEmpty()) {
            String question = classes.question(name, jamesPackage.substring(0, jamesPackage.length() - 1));
            findings.fault(file.at(element, attribute)
                    .is(name)
                    .then("; there is no " + word + " of this name")
                    .cure((question.isEmpty() ? "" : question + "; ") + "docs/mailets.md lists all"));
            return found;
        }
        Optional<String> problem = classes.problem(found.get(), kind, word);
        problem.ifPresent(why -> findings.fault(
                file.at(element, attribute).is(name).then("; " + why).cure("docs/mailets.md lists what there is")));
        return problem.isPresent() ? Optional.empty() : found;
    }
}
