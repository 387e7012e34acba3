package io.relaypod.server.jamesconf;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.gateway.RemoteDelivery;
import io.relaypod.mailets.AddTraceInformation;
import io.relaypod.mailets.AlignRecipients;
import io.relaypod.mailets.AlignSender;
import io.relaypod.mailets.SplitRecipients;
import io.relaypod.server.settings.ConfigurationFindings;
import io.relaypod.server.xml.XmlElement;
import org.apache.james.transport.mailets.RemoveMimeHeader;

/**
 * What holds for the processors as a whole: no mail reaches the end of one, where James would delete it; Bcc is
 * removed; and what protects recipients stands before the delivery. Immutable.
 */
record ProcessorRules(
        JamesConfFile file,
        List<XmlElement> processors,
        List<ConfiguredMailet> mailets,
        ConfigurationFindings findings) {

    private static final String JAMES = MailetContainerCheck.MAILETS;
    private static final String JAMES_DELIVERY = JAMES + "RemoteDelivery";
    private static final Set<String> ENDS =
            Set.of(RemoteDelivery.class.getName(), JAMES_DELIVERY, JAMES + "ToProcessor", JAMES + "Null");
    private static final Set<String> ENDS_UNLESS_PASSING =
            Set.of(JAMES + "ToRepository", JAMES + "Forward", JAMES + "Redirect", JAMES + "Resend");

    private static final Set<String> SENDERS = Set.of(
            JAMES + "Forward",
            JAMES + "Redirect",
            JAMES + "Resend",
            JAMES + "NotifySender",
            JAMES + "NotifyPostmaster");
    private static final Set<String> ON_THE_WAY = Set.of("root", "transport");

    void check() {
        // A mailet whose class is wrong may be the one that is missed.
        if (mailets.stream().allMatch(mailet -> mailet.type().isPresent())) {
            processors.forEach(this::checkEnd);
            checkBcc();
            checkCircles();
            checkProtection();
        }
    }

    private void checkEnd(XmlElement processor) {
        String state = processor.attribute("state").orElse("");
        if (mailets.stream().filter(in(state)).noneMatch(ProcessorRules::takesEveryMail)) {
            findings.fault(
                    file.at(
                                    processor,
                                    "a mail can reach the end of processor '" + state + "', where it would be deleted")
                            .expected(
                                    "there a <mailet match=\"All\"> that takes every mail, such as"
                                            + " RemoteDelivery, ToRepository without passThrough, or ToProcessor with <processor>error</processor>"));
        }
    }

    private static boolean takesEveryMail(ConfiguredMailet mailet) {
        boolean passes = mailet.parameter("passThrough").equalsIgnoreCase("true");
        // A mail whose mailet fails would go on.
        boolean ignoresFailures = mailet.parameter("onMailetException").equalsIgnoreCase("ignore");
        return mailet.matchesAll()
                && !ignoresFailures
                && (ENDS.contains(mailet.className()) || ENDS_UNLESS_PASSING.contains(mailet.className()) && !passes);
    }

    // James looks for the same, and answers with a stack trace.
    private void checkBcc() {
        boolean removed = mailets.stream()
                .filter(in("transport"))
                .anyMatch(mailet -> mailet.is(RemoveMimeHeader.class)
                        && mailet.matchesAll()
                        && mailet.parameter("name").equals("bcc"));
        if (!removed) {
            findings.fault(ConfigurationProblem.in(
                            file.name(), 0, "Bcc is not removed in processor 'transport', so everybody would see it")
                    .expected("there <mailet match=\"All\" class=\"RemoveMimeHeader\"><name>bcc</name></mailet>"));
        }
    }

    // What they send enters root.
    private void checkCircles() {
        mailets.stream()
                .filter(mailet -> SENDERS.contains(mailet.className()) && mailet.matchesAll())
                .filter(mailet -> ON_THE_WAY.contains(mailet.processor()))
                .forEach(mailet -> findings.fault(file.at(mailet.element(), mailet.simpleName())
                        .then(" for All in processor '" + mailet.processor()
                                + "' gets the mail again that it sends, without end")
                        .expected("a matcher that excludes it: docs/mailets.md#recipes")));
    }

    private void checkProtection() {
        mailets.stream()
                .filter(mailet -> mailet.className().equals(JAMES_DELIVERY))
                .forEach(mailet -> findings.warn(file.at(
                                mailet.element(),
                                "class is James' RemoteDelivery: limits in flight, the rate limit and the trace do not cover its mail")
                        .expected("io.relaypod.gateway.RemoteDelivery")));
        List<ConfiguredMailet> deliveries = mailets.stream()
                .filter(mailet ->
                        mailet.is(RemoteDelivery.class) || mailet.className().equals(JAMES_DELIVERY))
                .toList();
        for (ConfiguredMailet delivery : deliveries) {
            warnWithout(
                    AlignRecipients.class,
                    delivery,
                    "Graph delivers to every address in To and Cc, also to those that were refused or get a copy of their own");
            warnWithout(
                    AlignSender.class,
                    delivery,
                    "smtp2graph keeps a mail for ever whose From or Sender is folded before the address");
            warnWithout(
                    SplitRecipients.class,
                    delivery,
                    "Mailpit takes 100 recipients of a mail, and blind recipients see each other");
            warnWithout(
                    AddTraceInformation.class, delivery, "a mail cannot be found by its queue id behind the gateway");
        }
    }

    private void warnWithout(Class<?> needed, ConfiguredMailet delivery, String consequence) {
        boolean isBefore = mailets.stream()
                .filter(mailet -> mailet.is(needed) && mailet.matchesAll())
                .anyMatch(mailet -> !mailet.processor().equals(delivery.processor())
                        || mailets.indexOf(mailet) < mailets.indexOf(delivery));
        if (!isBefore) {
            findings.warn(file.at(
                    delivery.element(),
                    "there is no <mailet match=\"All\" class=\"" + needed.getName() + "\"> before the delivery: "
                            + consequence));
        }
    }

    private static Predicate<ConfiguredMailet> in(String state) {
        return mailet -> mailet.processor().equals(state);
    }
}
