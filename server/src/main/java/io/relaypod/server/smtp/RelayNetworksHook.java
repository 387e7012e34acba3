package io.relaypod.server.smtp;

import org.apache.james.core.Domain;
import org.apache.james.protocols.smtp.core.AbstractAuthRequiredToRelayRcptHook;

/**
 * Takes mail only from the clients in {@code <authorizedAddresses>}; any other is told {@code 550 5.7.1}. No domain is local, so
 * leaving the addresses out of smtpserver.xml closes the relay.
 */
public final class RelayNetworksHook extends AbstractAuthRequiredToRelayRcptHook {

    @Override
    protected boolean isLocalDomain(Domain domain) {
        return false;
    }
}
