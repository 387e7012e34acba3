package io.relaypod.server.settings;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Tells a misspelt variable of relaypod from a variable of another program. A name that is near one of ours is a fault,
 * since what it should set has its default. It is a warning if the near one is set too, as another program then
 * probably has such a name. A name with a prefix that only relaypod has is a warning. Kubernetes' and Docker's own
 * variables for Services are neither. Stateless.
 */
final class UnknownVariables {

    private static final List<String> NAMES =
            Arrays.stream(Variable.values()).map(Variable::name).toList();
    private static final Pattern OURS = Pattern.compile(
            "(RELAYPOD|UPSTREAM|STRIP_ICS|CALENDAR|BLIND|MX|GRAPH|GATEWAY|RELAY|WEBADMIN|FAILED|DRAIN|JAMES)_.+");
    private static final Pattern PRODUCT = Pattern.compile("(?i)RELAYPOD[-_.]");
    // https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    private static final Pattern OF_A_SERVICE =
            Pattern.compile(".+_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");
    private static final Pattern VALUE_OF_A_SERVICE =
            Pattern.compile("(tcp|udp|sctp)://.*|[0-9a-fA-F.:]+|TCP|UDP|tcp|udp");
    private static final int SHORTEST = 6;

    private UnknownVariables() {}

    static void check(Map<String, String> environment, ConfigurationFindings findings) {
        environment.entrySet().stream()
                .filter(entry -> !NAMES.contains(entry.getKey()) && !isOfAService(entry))
                .map(Map.Entry::getKey)
                .sorted()
                .forEach(name -> check(name, environment, findings));
    }

    private static void check(String name, Map<String, String> environment, ConfigurationFindings findings) {
        Optional<String> near = Optional.of(PRODUCT.matcher(name).replaceFirst(""))
                .filter(bare -> bare.length() >= SHORTEST)
                .flatMap(bare -> NearName.of(bare, NAMES));
        boolean isSet = near.filter(environment::containsKey).isPresent();
        if (near.isPresent() && !isSet) {
            findings.fault(name + " is no variable of relaypod; did you mean " + near.get()
                    + "? If it is for another program, remove it from relaypod's environment, or set " + near.get()
                    + " too");
        } else if (near.isPresent() || OURS.matcher(name).matches()) {
            findings.warn(name + " is no variable of relaypod, and has no effect; docs/configuration.md lists all");
        }
    }

    private static boolean isOfAService(Map.Entry<String, String> entry) {
        return OF_A_SERVICE.matcher(entry.getKey()).matches()
                && VALUE_OF_A_SERVICE.matcher(entry.getValue()).matches();
    }
}
