package io.relaypod.mailets;

import java.util.Optional;
import javax.mail.internet.AddressException;
import javax.mail.internet.InternetAddress;

import io.relaypod.address.EnvelopeAddress;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;

/**
 * An {@link EnvelopeAddress} as James wants addresses. James' own class refuses domains with an underscore, with digits
 * behind the last dot and IPv6 literals, and takes the brackets off IPv4 literals. Immutable.
 */
public final class EnvelopeMailAddress extends MailAddress {

    private static final long serialVersionUID = 1L;

    private final String localPart;
    private final Domain domain;
    private final String text;

    private EnvelopeMailAddress(EnvelopeAddress address) throws AddressException {
        super("a@b"); // James has no constructor for subclasses; nothing of this is asked for
        this.localPart = address.localPart();
        this.domain = new EnvelopeDomain(address.domain());
        this.text = address.toString();
    }

    public static EnvelopeMailAddress of(EnvelopeAddress address) {
        try {
            return new EnvelopeMailAddress(address);
        } catch (AddressException impossible) {
            throw new IllegalStateException("James refuses a@b", impossible);
        }
    }

    /**
     * Reads an address that was stored.
     *
     * @return James' own where it is not one that is taken today, as an earlier release may have stored it
     * @throws AddressException when James does not take it either
     */
    public static MailAddress read(String text) throws AddressException {
        Optional<EnvelopeAddress> address = EnvelopeAddress.parse(text);
        return address.isPresent() ? of(address.get()) : new MailAddress(text);
    }

    @Override
    public String getLocalPart() {
        return localPart;
    }

    @Override
    public Domain getDomain() {
        return domain;
    }

    @Override
    public String asString() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }

    @Override
    public String asPrettyString() {
        return "<" + text + ">";
    }

    /** The address as it is: Jakarta Mail's parser refuses some that its SMTP client sends. */
    @Override
    public Optional<InternetAddress> toInternetAddress() {
        InternetAddress address = new InternetAddress();
        address.setAddress(text);
        return Optional.of(address);
    }

    /** A domain, or an address literal with its brackets; equal to James' own, which has none. */
    private static final class EnvelopeDomain extends Domain {

        private static final long serialVersionUID = 1L;

        private final String name;

        EnvelopeDomain(String name) {
            super(name);
            this.name = name;
        }

        @Override
        public String asString() {
            return name;
        }
    }
}
