package io.relaypod.mailets;

import java.util.List;

import io.relaypod.configuration.ConfigurationProblem;
import org.apache.mailet.MailetException;

/** A mailet's parameter has a value of another form. */
public final class ParameterException extends MailetException {

    private static final long serialVersionUID = 1L;

    private final transient ConfigurationProblem problem;

    /** @param subject the mailet and the parameter */
    ParameterException(String subject, String value, String expectation) {
        this(ConfigurationProblem.of(subject).is(value).expected(expectation));
    }

    private ParameterException(ConfigurationProblem problem) {
        super(problem.toString());
        this.problem = problem;
    }

    public ConfigurationProblem problem() {
        return problem;
    }

    static boolean bool(String subject, String value) throws ParameterException {
        if (!List.of("true", "false").contains(value)) {
            throw new ParameterException(subject, value, "true or false");
        }
        return Boolean.parseBoolean(value);
    }
}
