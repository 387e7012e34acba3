package io.relaypod.server.james;

import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.google.common.collect.Multimap;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.james.mailetcontainer.impl.MatcherMailetPair;
import org.apache.james.modules.server.MailetContainerModule.ProcessorsCheck;
import org.apache.james.transport.matchers.All;
import org.apache.mailet.MailetConfig;

/**
 * Stops the start when a mail can reach the end of a processor, where James would delete it: each processor needs a
 * mailet for All that sends every mail elsewhere. Stateless.
 */
final class ProcessorEndCheck implements ProcessorsCheck {

    private static final String JAMES = "org.apache.james.transport.mailets.";
    private static final Set<String> ENDS = Set.of(
            "io.relaypod.gateway.RemoteDelivery", JAMES + "RemoteDelivery", JAMES + "ToProcessor", JAMES + "Null");
    private static final Set<String> ENDS_UNLESS_PASSING =
            Set.of(JAMES + "ToRepository", JAMES + "Forward", JAMES + "Redirect", JAMES + "Resend");

    @Override
    public void check(Multimap<String, MatcherMailetPair> processors) throws ConfigurationException {
        List<String> open = processors.keySet().stream()
                .filter(processor -> processors.get(processor).stream().noneMatch(ProcessorEndCheck::takesEveryMail))
                .sorted()
                .toList();
        if (!open.isEmpty()) {
            throw new ConfigurationException(
                    "mailetcontainer.xml: a mail can reach the end of processor '" + String.join("', '", open)
                            + "', where it would be deleted; expected there a <mailet match=\"All\"> that takes every mail, such as RemoteDelivery, "
                            + "ToRepository without passThrough, or ToProcessor with <processor>error</processor>");
        }
    }

    private static boolean takesEveryMail(MatcherMailetPair pair) {
        MailetConfig config = pair.getMailet().getMailetConfig();
        String name = pair.getMailet().getClass().getName();
        boolean passes = "true".equalsIgnoreCase(parameter(config, "passThrough"));
        // A mail whose mailet fails would go on.
        boolean ignoresFailures = "ignore".equalsIgnoreCase(parameter(config, "onMailetException"));
        return pair.getMatcher() instanceof All
                && !ignoresFailures
                && (ENDS.contains(name) || ENDS_UNLESS_PASSING.contains(name) && !passes);
    }

    private static String parameter(MailetConfig config, String name) {
        return Optional.ofNullable(config)
                .map(known -> known.getInitParameter(name))
                .orElse("")
                .strip();
    }
}
