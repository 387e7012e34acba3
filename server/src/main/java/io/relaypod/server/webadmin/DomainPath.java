package io.relaypod.server.webadmin;

import io.relaypod.address.MailDomain;
import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.eclipse.jetty.http.HttpStatus;
import spark.Request;

/** The domain that a request's path names. */
final class DomainPath {

    static final String PARAMETER = ":domain";

    private DomainPath() {}

    /** Answers 400 if it is no domain. */
    static MailDomain of(Request request) {
        String written = request.params(PARAMETER);
        return MailDomain.parse(written)
                .orElseThrow(() -> ErrorResponder.builder()
                        .statusCode(HttpStatus.BAD_REQUEST_400)
                        .type(ErrorType.INVALID_ARGUMENT)
                        .message("'%s' is no domain; expected a name such as example.com", written)
                        .haltError());
    }
}
