package io.relaypod.mailets;

import java.util.Optional;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.configuration.ValueForm;
import org.apache.mailet.MailetException;

/** A mailet's parameter has a value of another form. */
public final class ParameterException extends MailetException {

    private static final long serialVersionUID = 1L;

    private final transient ConfigurationProblem problem;

    private ParameterException(ConfigurationProblem problem) {
        super(problem.toString());
        this.problem = problem;
    }

    public ConfigurationProblem problem() {
        return problem;
    }

    /**
     * @param subject the mailet and the parameter
     * @return the value
     * @throws ParameterException if the value does not have the form
     */
    static String check(String subject, String value, ValueForm form) throws ParameterException {
        Optional<ConfigurationProblem> problem = form.problem(ConfigurationProblem.of(subject), value);
        if (problem.isPresent()) {
            throw new ParameterException(problem.get());
        }
        return value.strip();
    }

    static boolean isTrue(String subject, String value) throws ParameterException {
        return check(subject, value, ValueForm.oneOf("true", "false")).equals("true");
    }
}
