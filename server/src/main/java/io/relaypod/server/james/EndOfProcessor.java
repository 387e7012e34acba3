package io.relaypod.server.james;

import java.util.Optional;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.MailFailed;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.mailets.Addresses;
import io.relaypod.server.queue.Quarantine;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMailet;

/**
 * The last mailet of every processor, which no XML lists: a mail that reaches it would be deleted by James. It is
 * stored in {@code file://var/mail/error/} with the reason, and published as failed. {@link ProcessorEndCheck} stops
 * the start before that can happen, as far as it knows the mailets.
 */
public final class EndOfProcessor extends GenericMailet {

    private final Quarantine quarantine;
    private final MailEventPublisher events;

    @Inject
    EndOfProcessor(Quarantine quarantine, MailEventPublisher events) {
        this.quarantine = quarantine;
        this.events = events;
    }

    /** Puts it behind the mailets of each processor of a mailetcontainer.xml. */
    static void addTo(HierarchicalConfiguration<ImmutableNode> mailetContainer) {
        for (int i = 0;
                i < mailetContainer.configurationsAt("processors.processor").size();
                i++) {
            String processor = "processors.processor(" + i + ")";
            mailetContainer.addProperty(processor + ".mailet(-1)[@match]", "All");
            int last = mailetContainer.configurationsAt(processor + ".mailet").size() - 1;
            mailetContainer.addProperty(processor + ".mailet(" + last + ")[@class]", EndOfProcessor.class.getName());
        }
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        String reason = "reached the end of processor '" + mail.getState() + "', where James would delete it"
                + Optional.ofNullable(mail.getErrorMessage())
                        .map(error -> "; " + error)
                        .orElse("");
        mail.setErrorMessage(reason);
        quarantine.store(mail);
        events.publish(new MailFailed(
                mail.getName(), mail.getMaybeSender().asString(""), Addresses.texts(mail.getRecipients()), reason));
        mail.setState(Mail.GHOST);
    }

    @Override
    public String getMailetInfo() {
        return "EndOfProcessor";
    }
}
