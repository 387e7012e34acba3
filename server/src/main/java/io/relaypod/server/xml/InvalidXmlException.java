package io.relaypod.server.xml;

import io.relaypod.configuration.ConfigurationProblem;

/** Names the file, the line where known, and what is wrong there. */
public final class InvalidXmlException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ConfigurationProblem problem;

    public InvalidXmlException(ConfigurationProblem problem, Throwable cause) {
        super(problem.toString(), cause);
        this.problem = problem;
    }

    public ConfigurationProblem problem() {
        return problem;
    }
}
