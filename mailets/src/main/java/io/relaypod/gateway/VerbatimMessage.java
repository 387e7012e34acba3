package io.relaypod.gateway;

import javax.mail.MessagingException;
import javax.mail.internet.MimeMessage;

import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.server.core.MimeMessageWrapper;

/**
 * A message that changes only where a mailet changes it.
 *
 * <p>Jakarta Mail "completes" a message when one header of it was touched: it adds MIME-Version, Message-ID and a
 * Content-Transfer-Encoding guessed from the body, which then says one thing while the body is another. A relay adds none. For one thread.
 */
public final class VerbatimMessage extends MimeMessageWrapper {

    /** The message that the source has; disposing of the one disposes of the other. */
    public VerbatimMessage(MimeMessageSource source) {
        super(source);
    }

    VerbatimMessage(MimeMessage message) throws MessagingException {
        super(message);
    }

    @Override
    protected void updateHeaders() {
        // nothing is missing that we may add
    }
}
