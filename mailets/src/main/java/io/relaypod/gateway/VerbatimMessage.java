package io.relaypod.gateway;

import java.util.Optional;

import javax.mail.MessagingException;
import javax.mail.internet.MimeMessage;

import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.server.core.MimeMessageWrapper;

/**
 * A message that changes only where a mailet changes it.
 *
 * <p>Jakarta Mail "completes" a message when one header of it was touched: it adds MIME-Version, Message-ID and a
 * Content-Transfer-Encoding guessed from the body, which then says one thing while the body is another. A relay adds none.
 */
final class VerbatimMessage extends MimeMessageWrapper {

    VerbatimMessage(MimeMessage message) throws MessagingException {
        super(message);
    }

    VerbatimMessage(MimeMessageSource source) {
        super(source);
    }

    @Override
    protected void updateHeaders() {
        // nothing is missing that we may add
    }

    @Override
    public void removeHeader(String name) throws MessagingException {
        // James would mark the message as changed, and write it anew, also when there is no such header.
        if (getHeader(name) != null) {
            super.removeHeader(name);
        }
    }

    /** The bytes of the message, unless they were changed since they came. */
    Optional<MimeMessageSource> unchangedSource() {
        return isModified() ? Optional.empty() : Optional.ofNullable(source);
    }
}
