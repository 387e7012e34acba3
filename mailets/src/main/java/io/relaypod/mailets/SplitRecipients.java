package io.relaypod.mailets;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.inject.Inject;
import javax.mail.MessagingException;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Lists;
import io.relaypod.configuration.ValueForm;
import io.relaypod.events.MailEvent.RecipientsSplit;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.RawMessage;
import io.relaypod.gateway.VerbatimMailQueueItems;
import io.relaypod.headers.VisibleRecipients;
import io.relaypod.mime.HeaderSection;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeName;
import org.apache.mailet.AttributeUtils;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.GenericMailet;

/**
 * Splits a mail into copies that the gateway takes in one transaction each: Mailpit answers {@code 452 4.5.3} to the
 * 101st recipient, and smtp2graph shows the blind recipients of a transaction to each other, as it writes them into the
 * header of every part.
 *
 * <pre>{@code
 * <mailet match="All" class="io.relaypod.mailets.SplitRecipients">
 *   <recipientsPerMail>100</recipientsPerMail>
 *   <blindCopies>${env:BLIND_COPIES}</blindCopies>
 *   <processor>transport</processor>
 * </mailet>
 * }</pre>
 *
 * <p>{@code blindCopies} (default own): with own, each recipient whom neither To nor Cc lists gets a copy to itself;
 * with together, they are recipients like the others. This mail keeps the recipients of the first copy; the other
 * copies pass {@code processor} as mails of their own, named after it. They are spooled before this mail continues:
 * after a crash a copy may be delivered twice, but none is lost. If there are more than {@value #COPIES_AT_ONCE}, the
 * last of them has the recipients that are left, and is split when its turn comes.
 */
public final class SplitRecipients extends GenericMailet {

    // So many bodies are in the spool at a time, beside those that wait to be sent.
    private static final int COPIES_AT_ONCE = 50;
    private static final AttributeName ORIGIN = AttributeName.of("relaypod.splitFrom");
    private static final AttributeName COPIES = AttributeName.of("relaypod.splitInto");

    private final MailEventPublisher events;
    private int recipientsPerMail;
    private boolean blindCopiesAreOwn;
    private String processor = "";

    @Inject
    public SplitRecipients(MailEventPublisher events) {
        this.events = events;
    }

    @Override
    public void init() throws MessagingException {
        recipientsPerMail = Integer.parseInt(ParameterException.check(
                "SplitRecipients: recipientsPerMail",
                getInitParameter("recipientsPerMail", "100"),
                new ValueForm("a number of 1 or more", text -> Integer.parseInt(text) > 0)));
        blindCopiesAreOwn = ParameterException.check(
                        "SplitRecipients: blindCopies",
                        getInitParameter("blindCopies", "own"),
                        ValueForm.oneOf("own", "together"))
                .equals("own");
        processor = getInitParameter("processor", "transport");
    }

    @Override
    public ImmutableList<ProcessingState> requiredProcessingState() {
        return ImmutableList.of(new ProcessingState(processor));
    }

    @Override
    public void service(Mail mail) throws MessagingException {
        List<List<MailAddress>> copies = copies(mail);
        if (copies.size() < 2) {
            return;
        }
        events.publish(new RecipientsSplit(mail.getName(), Addresses.texts(mail.getRecipients()), copies.size()));
        String origin = AttributeUtils.getValueAndCastFromMail(mail, ORIGIN, String.class)
                .orElse(mail.getName());
        int before = AttributeUtils.getValueAndCastFromMail(mail, COPIES, Integer.class)
                .orElse(1);
        int last = Math.min(copies.size(), COPIES_AT_ONCE) - 1;
        mail.setAttribute(new Attribute(ORIGIN, AttributeValue.of(origin)));
        for (int copy = 1; copy <= last; copy++) {
            mail.setAttribute(new Attribute(COPIES, AttributeValue.of(before + copy)));
            List<MailAddress> recipients = copy < last
                    ? copies.get(copy)
                    : copies.subList(last, copies.size()).stream()
                            .flatMap(List::stream)
                            .toList();
            sendCopy(mail, recipients, origin + "-" + (before + copy));
        }
        mail.setRecipients(copies.get(0));
    }

    /** The recipients of each copy; those whom everybody may see come first. */
    private List<List<MailAddress>> copies(Mail mail) throws MessagingException {
        List<MailAddress> recipients = List.copyOf(mail.getRecipients());
        if (!blindCopiesAreOwn || recipients.size() < 2) {
            return Lists.partition(recipients, recipientsPerMail);
        }
        VisibleRecipients visible = visibleRecipients(mail);
        Map<Boolean, List<MailAddress>> byVisibility = recipients.stream()
                .collect(Collectors.partitioningBy(recipient -> visible.contains(Addresses.of(recipient))));
        List<List<MailAddress>> copies =
                new ArrayList<>(Lists.partition(Objects.requireNonNull(byVisibility.get(true)), recipientsPerMail));
        copies.addAll(Lists.partition(Objects.requireNonNull(byVisibility.get(false)), 1));
        return copies;
    }

    private static VisibleRecipients visibleRecipients(Mail mail) throws MessagingException {
        try {
            return VisibleRecipients.in(HeaderSection.read(RawMessage.of(mail).source(), VisibleRecipients.FIELDS));
        } catch (IOException notRead) {
            throw new MessagingException("mail " + mail.getName() + " could not be read", notRead);
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
