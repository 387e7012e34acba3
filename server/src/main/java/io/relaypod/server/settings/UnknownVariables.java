package io.relaypod.server.settings;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

import io.relaypod.configuration.ConfigurationProblem;

/**
 * Distinguishes a misspelt variable of relaypod from a variable of another program. A name that is near one of
 * relaypod's is a fault if it has a prefix that only relaypod uses, or differs only in case and separators. Any other
 * near name is a warning, because several programs may share a Secret or a .env file. A near name is a warning too if
 * the right one is set, and so is an unknown name with a prefix of relaypod's. Variables that Kubernetes and Docker
 * make for Services are neither. Stateless.
 */
final class UnknownVariables {

    private static final List<String> NAMES =
            Arrays.stream(Variable.values()).map(Variable::name).toList();
    private static final Pattern OURS = Pattern.compile(
            "(RELAYPOD|UPSTREAM|STRIP_ICS|CALENDAR|BLIND|MX|GRAPH|GATEWAY|RELAY|WEBADMIN|FAILED|DRAIN|JAMES)_.+");
    private static final Pattern SEPARATORS = Pattern.compile("[-._]");
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
        boolean isMeant = OURS.matcher(name).matches()
                || near.filter(known -> letters(known).equals(letters(name))).isPresent();
        if (near.isPresent() && isMeant && !isSet) {
            findings.fault(ConfigurationProblem.of(name)
                    .then(" is no variable of relaypod")
                    .cure("did you mean " + near.get()
                            + "? If it is for another program, remove it from relaypod's environment, or set "
                            + near.get() + " too"));
        } else if (near.isPresent() || OURS.matcher(name).matches()) {
            findings.warn(ConfigurationProblem.of(name)
                    .then(" is no variable of relaypod, and has no effect")
                    .cure(near.filter(known -> !isSet)
                            .map(known -> "if it is meant for relaypod: did you mean " + known + "?")
                            .orElse("docs/configuration.md lists all")));
        }
    }

    private static String letters(String name) {
        return SEPARATORS.matcher(name).replaceAll("").toLowerCase(Locale.ROOT);
    }

    private static boolean isOfAService(Map.Entry<String, String> entry) {
        return OF_A_SERVICE.matcher(entry.getKey()).matches()
                && VALUE_OF_A_SERVICE.matcher(entry.getValue()).matches();
    }
}
