package io.relaypod.mailets;

import io.relaypod.address.EmailAddress;
import org.apache.james.core.MailAddress;

/** James' addresses as those of the domain. */
final class Addresses {

    private Addresses() {}

    static EmailAddress of(MailAddress address) {
        return EmailAddress.parse(address.asString())
                .orElseGet(() -> EmailAddress.of(
                        address.getLocalPart(), address.getDomain().asString()));
    }
}
