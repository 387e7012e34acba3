package io.relaypod.mailets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;

import org.apache.james.core.MailAddress;
import org.apache.james.core.builder.MimeMessageBuilder;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Attribute;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.test.FakeMail;
import org.apache.mailet.base.test.FakeMailContext;
import org.apache.mailet.base.test.FakeMailContext.SentMail;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import com.github.fge.lambdas.Throwing;

import io.relaypod.gateway.VerbatimMailQueueItems;

class SplitRecipientsTest {

    private static final Attribute ATTRIBUTE = Attribute.convertToAttribute("colour", "green");

    private final FakeMailContext context = FakeMailContext.defaultContext();

    @Test
    void aMailTo250BecomesThreeInTheirOrder() throws Exception {
        List<MailAddress> recipients = recipients(250);
        FakeMail mail = mail(recipients);

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients()).as("the mail in hand goes on with the first 100").isEqualTo(recipients.subList(0, 100));
        assertThat(mail.getName()).isEqualTo("mail-1");
        assertThat(mail.getState()).isEqualTo("transport");
        assertThat(context.getSentMails()).extracting(SentMail::getRecipients)
            .containsExactly(recipients.subList(100, 200), recipients.subList(200, 250));
    }

    @Test
    void theCopiesAreTheMailWithOtherRecipients() throws Exception {
        splitter("100", "outbound").service(mail(recipients(250)));

        assertThat(context.getSentMails()).hasSize(2).allSatisfy(copy -> {
            assertThat(copy.getState()).isEqualTo("outbound");
            assertThat(copy.getSender()).isEqualTo(new MailAddress("sender@example.com"));
            assertThat(copy.getSubject()).contains("To many");
            assertThat(copy.getAttributes()).containsEntry(ATTRIBUTE.getName(), ATTRIBUTE);
        });
    }

    @Test
    void eachCopyIsSpooledUnderANameOfItsOwn() throws Exception {
        MemoryMailQueueFactory queues = new MemoryMailQueueFactory(new VerbatimMailQueueItems());
        MailImpl mail = MailImpl.builder().name("mail-1").sender("sender@example.com").addRecipients(recipients(250))
            .mimeMessage(message().build()).build();
        SplitRecipients splitter = new SplitRecipients(event -> { });
        splitter.init(FakeMailetConfig.builder().mailetContext(JamesContext.spoolingTo(queues)).build());

        splitter.service(mail);

        assertThat(mail.getName()).isEqualTo("mail-1");
        assertThat(queues.getQueue(MailQueueFactory.SPOOL).orElseThrow().browse()).toIterable()
            .extracting(view -> view.getMail().getName() + " in " + view.getMail().getState())
            .containsExactly("mail-1-2 in transport", "mail-1-3 in transport");
        mail.dispose();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 99, 100})
    void aMailThatFitsIsNotTouched(int count) throws Exception {
        List<MailAddress> recipients = recipients(count);
        FakeMail mail = mail(recipients);

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients()).isEqualTo(recipients);
        assertThat(context.getSentMails()).isEmpty();
    }

    @Test
    void the101stRecipientGetsAMailOfItsOwn() throws Exception {
        FakeMail mail = mail(recipients(101));

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients()).hasSize(100);
        assertThat(context.getSentMails()).singleElement().extracting(SentMail::getRecipients).isEqualTo(recipients(101).subList(100, 101));
    }

    @Test
    void aMailWithoutRecipientsIsNotTouched() throws Exception {
        FakeMail mail = mail(List.of());

        splitter("100", "transport").service(mail);

        assertThat(mail.getState()).isEqualTo("transport");
        assertThat(context.getSentMails()).isEmpty();
    }

    @Test
    void withoutParametersItIs100AndTransport() throws Exception {
        SplitRecipients splitter = new SplitRecipients(event -> { });
        splitter.init(FakeMailetConfig.builder().mailetContext(context).build());
        splitter.service(mail(recipients(201)));

        assertThat(splitter.requiredProcessingState()).containsExactly(new ProcessingState("transport"));
        assertThat(context.getSentMails()).extracting(copy -> copy.getRecipients().size()).containsExactly(100, 1);
        assertThat(context.getSentMails()).extracting(SentMail::getState).containsOnly("transport");
    }

    @Test
    void jamesIsToldWhichProcessorItNeeds() throws Exception {
        assertThat(splitter("100", "elsewhere").requiredProcessingState()).containsExactly(new ProcessingState("elsewhere"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "many", "1.5", "99999999999"})
    void aWrongNumberStopsTheStartAndIsNamed(String wrong) {
        assertThatThrownBy(() -> splitter(wrong, "transport")).isInstanceOf(MailetException.class)
            .hasMessage("SplitRecipients: recipientsPerMail is '" + wrong + "'; expected a number of 1 or more");
    }

    private SplitRecipients splitter(String recipientsPerMail, String processor) throws Exception {
        SplitRecipients splitter = new SplitRecipients(event -> { });
        splitter.init(FakeMailetConfig.builder().mailetContext(context).setProperty("recipientsPerMail", recipientsPerMail)
            .setProperty("processor", processor).build());
        return splitter;
    }

    private static FakeMail mail(List<MailAddress> recipients) throws Exception {
        return FakeMail.builder().name("mail-1").sender("sender@example.com").recipients(recipients).state("transport")
            .attribute(ATTRIBUTE).mimeMessage(message()).build();
    }

    private static MimeMessageBuilder message() throws Exception {
        return MimeMessageBuilder.mimeMessageBuilder().setSubject("To many").setText("Hello");
    }

    private static List<MailAddress> recipients(int count) {
        return IntStream.range(0, count).mapToObj(Throwing.intFunction(i -> new MailAddress("r" + i + "@example.com"))).toList();
    }
}
