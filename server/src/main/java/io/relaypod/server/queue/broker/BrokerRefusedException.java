package io.relaypod.server.queue.broker;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.ActiveMQSecurityException;

/**
 * Tells that the broker is there and cannot be used: it does not let us in, or would not keep mail as a mail queue
 * must.
 */
public final class BrokerRefusedException extends ActiveMQException {

    private static final long serialVersionUID = 1L;

    BrokerRefusedException(String reason) {
        super(reason, ActiveMQExceptionType.SECURITY_EXCEPTION);
    }

    private BrokerRefusedException(ActiveMQSecurityException denied) {
        super(denied.getMessage(), denied, ActiveMQExceptionType.SECURITY_EXCEPTION);
    }

    /** The failure itself, unless it is a refusal. */
    static ActiveMQException orElse(Exception failure) {
        if (failure instanceof ActiveMQSecurityException denied) {
            return new BrokerRefusedException(denied);
        }
        return failure instanceof ActiveMQException other
                ? other
                : new ActiveMQException(failure.getMessage(), failure, ActiveMQExceptionType.GENERIC_EXCEPTION);
    }
}
