package io.relaypod.mailets;

import java.util.List;
import java.util.Map;

import javax.inject.Inject;
import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.mailet.Mail;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;

import io.relaypod.events.MailEvent.Changed;
import io.relaypod.events.MailEvents;
import io.relaypod.gateway.VerbatimMailQueueItems;

/**
 * Splits a mail with many recipients into copies that the gateway takes in one transaction each: Mailpit answers
 * {@code 452 4.5.3} to the 101st recipient.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.mailets.SplitRecipients">
 *   <recipientsPerMail>100</recipientsPerMail>
 *   <processor>transport</processor>
 * </mailet>
 * }</pre>
 *
 * <p>The mail in hand keeps the first {@code recipientsPerMail} recipients and goes on; the others go through
 * {@code processor} as mails of their own, named after it. They are spooled before this one goes on, so a crash between
 * can deliver a copy twice and lose none.
 */
public final class SplitRecipients extends GenericMailet {

    private final MailEvents events;
    private int recipientsPerMail;
    private String processor = "";

    @Inject
    public SplitRecipients(MailEvents events) {
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        recipientsPerMail = recipientsPerMail(getInitParameter("recipientsPerMail", "100"));
        processor = getInitParameter("processor", "transport");
    }

    private static int recipientsPerMail(String value) throws MailetException {
        try {
            int count = Integer.parseInt(value);
            if (count > 0) {
                return count;
            }
        } catch (NumberFormatException notANumber) {
            // answered below, like a number that is too small
        }
        throw new MailetException("SplitRecipients: recipientsPerMail is '" + value + "'; expected a number of 1 or more");
    }

    @Override
    public ImmutableList<ProcessingState> requiredProcessingState() {
        return ImmutableList.of(new ProcessingState(processor));
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        List<List<MailAddress>> batches = Lists.partition(List.copyOf(mail.getRecipients()), recipientsPerMail);
        for (int batch = 1; batch < batches.size(); batch++) {
            sendCopy(mail, batches.get(batch), mail.getName() + "-" + (batch + 1));
        }
        if (batches.size() > 1) {
            events.tell(new Changed(mail.getName(), "split", Clients.addresses(mail.getRecipients()), Map.of("copies", batches.size())));
            mail.setRecipients(batches.get(0));
        }
    }

    private void sendCopy(Mail mail, List<MailAddress> recipients, String name) throws MessagingException {
        Mail copy = mail.duplicate();
        try {
            copy.setName(name);
            copy.setRecipients(recipients);
            VerbatimMailQueueItems.makeVerbatim(copy);
            getMailetContext().sendMail(copy, processor);
        } finally {
            LifecycleUtil.dispose(copy);
        }
    }

    @Override
    public String getMailetInfo() {
        return "SplitRecipients";
    }
}
