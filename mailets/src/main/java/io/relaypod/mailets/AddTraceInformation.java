package io.relaypod.mailets;

import java.io.IOException;
import java.util.Optional;
import javax.mail.MessagingException;

import io.relaypod.gateway.RawMessage;
import io.relaypod.mime.TraceInformation;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMailet;

/**
 * Writes the queue id of a copy into the Received field that the relay added, and adds a Message-ID where there is
 * none, so that a mail can be found by its queue id behind the gateway. Every copy has a queue id of its own: put this
 * behind all that splits a mail.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.mailets.AddTraceInformation"/>
 * }</pre>
 */
public final class AddTraceInformation extends GenericMailet {

    @Override
    public void service(Mail mail) throws MessagingException {
        RawMessage message = RawMessage.of(mail);
        try {
            Optional<TraceInformation> added = TraceInformation.of(
                    message.source(), mail.getName(), mail.getMaybeSender().asString(""));
            if (added.isPresent()) {
                message.begin(added.get());
            }
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
        }
    }

    @Override
    public String getMailetInfo() {
        return "AddTraceInformation";
    }
}
