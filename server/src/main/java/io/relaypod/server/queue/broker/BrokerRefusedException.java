package io.relaypod.server.queue.broker;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.ActiveMQSecurityException;

/** The broker is available and cannot be used: it refuses the login, or its settings could lose mail. */
public final class BrokerRefusedException extends ActiveMQException {

    private static final long serialVersionUID = 1L;

    BrokerRefusedException(String reason) {
        super(reason, ActiveMQExceptionType.SECURITY_EXCEPTION);
    }

    private BrokerRefusedException(ActiveMQSecurityException denied) {
        super(denied.getMessage(), denied, ActiveMQExceptionType.SECURITY_EXCEPTION);
    }

    /** The refusal that the failure is, or else the failure. */
    static ActiveMQException orElse(Exception failure) {
        if (failure instanceof ActiveMQSecurityException denied) {
            return new BrokerRefusedException(denied);
        }
        return failure instanceof ActiveMQException other
                ? other
                : new ActiveMQException(failure.getMessage(), failure, ActiveMQExceptionType.GENERIC_EXCEPTION);
    }
}
