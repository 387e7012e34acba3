package io.relaypod.server.webadmin;

import java.util.Optional;

import io.relaypod.address.MailDomain;
import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.configuration.ValueForm;
import spark.Request;

/** The parameters in a request's path and query. A wrong one is answered with 400. */
final class RouteParameters {

    static final String DOMAIN = ":domain";

    private RouteParameters() {}

    /** The domain that the path names. */
    static MailDomain domain(Request request) {
        String written = request.params(DOMAIN);
        return MailDomain.parse(written)
                .orElseThrow(() ->
                        RouteErrors.invalid("'" + written + "' is no domain; expected a name such as example.com"));
    }

    /** A number of the query. */
    static int number(Request request, String name, int least, int most, int unset) {
        String written = Optional.ofNullable(request.queryParams(name))
                .map(String::strip)
                .orElse("");
        ValueForm.number(least, most)
                .problem(ConfigurationProblem.of(name), written)
                .filter(problem -> !written.isEmpty())
                .ifPresent(problem -> {
                    throw RouteErrors.invalid(problem.toString());
                });
        return written.isEmpty() ? unset : Integer.parseInt(written);
    }
}
