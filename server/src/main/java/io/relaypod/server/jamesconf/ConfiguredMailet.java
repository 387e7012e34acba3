package io.relaypod.server.jamesconf;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.configuration.ValueForm;
import io.relaypod.gateway.RemoteDelivery;
import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.settings.NearName;
import io.relaypod.server.xml.XmlElement;
import org.apache.james.mailetcontainer.impl.MailetConfigImpl;
import org.apache.james.transport.matchers.All;
import org.apache.mailet.MailetConfig;

/**
 * A mailet of mailetcontainer.xml. Immutable.
 *
 * @param processor that it is in
 * @param type its class; empty if there is none
 * @param matcher its matcher's class; empty for a composite one, or if there is none
 * @param composites names of the processor's composite matchers
 */
record ConfiguredMailet(
        JamesConfFile file,
        String processor,
        XmlElement element,
        Optional<Class<?>> type,
        Optional<Class<?>> matcher,
        Set<String> composites) {

    private static final List<String> OF_EVERY_MAILET = List.of("onMailetException", "onMatchException");
    private static final Pattern OF_A_PROCESSOR =
            Pattern.compile("processor|.*Processor|onMailetException|onMatchException");
    private static final Set<String> NO_PROCESSORS = Set.of("ignore", "propagate", "nomatch", "matchall");

    // James' mailets take any parameter, so only of these is it known which they read.
    private static final Map<String, List<String>> PARAMETERS = Map.ofEntries(
            Map.entry("io.relaypod.gateway.RemoteDelivery", RemoteDelivery.parameters()),
            Map.entry("io.relaypod.mailets.StripCalendar", List.of("summary", "unreadableProcessor")),
            Map.entry("io.relaypod.mailets.NarrowCalendar", List.of("mode", "summary", "unreadableProcessor")),
            Map.entry("io.relaypod.mailets.SplitRecipients", List.of("recipientsPerMail", "blindCopies", "processor")),
            Map.entry("io.relaypod.mailets.AlignRecipients", List.of("keepOriginal")),
            Map.entry("io.relaypod.mailets.AlignSender", List.of()),
            Map.entry("io.relaypod.mailets.AddTraceInformation", List.of()),
            Map.entry(MailetContainerCheck.MAILETS + "RemoveMimeHeader", List.of("name")),
            Map.entry(MailetContainerCheck.MAILETS + "SetMimeHeader", List.of("name", "value")),
            Map.entry(MailetContainerCheck.MAILETS + "AddFooter", List.of("text")),
            Map.entry(MailetContainerCheck.MAILETS + "Null", List.of()),
            Map.entry(MailetContainerCheck.MAILETS + "ToProcessor", List.of("processor", "notice", "debug")),
            Map.entry(MailetContainerCheck.MAILETS + "ToRepository", List.of("repositoryPath", "passThrough")));

    /** The name of its class; empty if there is none. */
    String className() {
        return type.map(Class::getName).orElse("");
    }

    boolean is(Class<?> mailet) {
        return className().equals(mailet.getName());
    }

    /** Whether it gets every mail. */
    boolean matchesAll() {
        return element.attribute("notmatch").isEmpty()
                && matcher.filter(All.class::equals).isPresent();
    }

    /** A parameter's value; empty if it is not there. */
    String parameter(String name) {
        return element.child(name).map(XmlElement::text).orElse("");
    }

    void checkParameters(Set<String> states, ValueForm repositories, TrialRun trial, ConfigurationFindings findings) {
        int before = findings.faults().size();
        Optional.ofNullable(PARAMETERS.get(className())).ifPresent(known -> checkNames(known, findings));
        element.children().stream()
                .filter(child ->
                        !child.children().isEmpty() || !child.attributes().isEmpty())
                .forEach(child ->
                        findings.fault(file.at(child).then(" has attributes or elements; a parameter has text alone")));
        element.child("repositoryPath")
                .ifPresent(
                        path -> repositories.problem(file.at(path), path.text()).ifPresent(findings::fault));
        element.child("fakeDomainCheck")
                .filter(check -> check.text().equalsIgnoreCase("true"))
                .ifPresent(check -> findings.fault(file.at(check)
                        .is("true")
                        .then("; James would ask for MX records, which relaypod does for recipients alone")
                        .expected("false")));
        boolean namesAWrongProcessor = checkProcessors(states, findings);
        if (findings.faults().size() == before || namesAWrongProcessor) {
            tryIt(states, namesAWrongProcessor, trial, findings);
        }
    }

    private void checkNames(List<String> known, ConfigurationFindings findings) {
        List<String> all = Stream.concat(known.stream(), OF_EVERY_MAILET.stream())
                .distinct()
                .sorted()
                .toList();
        element.children().stream()
                .filter(child -> !all.contains(child.name()) && !child.name().startsWith("mail."))
                .forEach(child -> findings.fault(file.at(child)
                        .then(" is no parameter of " + simpleName())
                        .cure(NearName.question(child.name(), all))
                        .expected("one of " + String.join(", ", all))));
        ElementForms.checkOnce(file, element, findings);
    }

    private boolean checkProcessors(Set<String> states, ConfigurationFindings findings) {
        List<XmlElement> wrong = element.children().stream()
                .filter(child -> OF_A_PROCESSOR.matcher(child.name()).matches())
                .filter(child -> !states.contains(child.text()) && !NO_PROCESSORS.contains(child.text()))
                .toList();
        // James looks for it in lower case, and goes to error if there is none.
        element.children().stream()
                .filter(child -> OF_EVERY_MAILET.contains(child.name()) && states.contains(child.text()))
                .filter(child -> !child.text().equals(child.text().toLowerCase(Locale.ROOT)))
                .forEach(child -> findings.fault(
                        file.at(child).is(child.text()).expected("a processor whose name is in lower case")));
        wrong.forEach(child -> findings.fault(file.at(child)
                .is(child.text())
                .then("; there is no processor of this name")
                .cure(NearName.question(child.text(), states))
                .expected("one of " + String.join(", ", states.stream().sorted().toList()))));
        return !wrong.isEmpty();
    }

    private void tryIt(
            Set<String> states, boolean processorsAreKnownToBeWrong, TrialRun trial, ConfigurationFindings findings) {
        if (is(RemoteDelivery.class)) {
            RemoteDelivery.faults(config()).stream().map(this::withPlace).forEach(findings::fault);
            return;
        }
        TrialRun.TrialResult result = trial.ofMailet(type.orElseThrow(), config());
        result.problem().map(this::withPlace).ifPresent(findings::fault);
        if (!processorsAreKnownToBeWrong) {
            result.processors().stream()
                    .filter(state -> !states.contains(state) && !NO_PROCESSORS.contains(state))
                    .forEach(state -> findings.fault(
                            withPlace(ConfigurationProblem.of("needs a processor '" + state + "', which there is not"))
                                    .cure(NearName.question(state, states))));
        }
    }

    // The line of the parameter that the problem is of, where its subject says so.
    private ConfigurationProblem withPlace(ConfigurationProblem problem) {
        String name = simpleName() + ": ";
        return element.children().stream()
                .filter(child -> problem.subject().startsWith(child.tag()))
                .findFirst()
                .map(child -> problem.at(file.name(), child.line(), problem.subject()))
                .orElseGet(() -> problem.at(
                        file.name(),
                        element.line(),
                        problem.subject().startsWith(name) ? problem.subject() : name + problem.subject()));
    }

    /** Its class's name without the package; empty if there is none. */
    String simpleName() {
        return type.map(Class::getSimpleName).orElse("");
    }

    private MailetConfig config() {
        MailetConfigImpl config = new MailetConfigImpl();
        config.setMailetName(simpleName());
        config.setConfiguration(JamesConfFile.configuration(element));
        return config;
    }
}
