package io.relaypod.mailets;

import java.util.Collection;
import java.util.List;

import io.relaypod.address.EmailAddress;
import org.apache.james.core.MailAddress;

/** Converts James' addresses to those of core. */
public final class Addresses {

    private Addresses() {}

    static EmailAddress of(MailAddress address) {
        return EmailAddress.parse(address.asString())
                .orElseGet(() -> EmailAddress.of(
                        address.getLocalPart(), address.getDomain().asString()));
    }

    public static List<String> texts(Collection<MailAddress> addresses) {
        return addresses.stream().map(MailAddress::asString).toList();
    }
}
