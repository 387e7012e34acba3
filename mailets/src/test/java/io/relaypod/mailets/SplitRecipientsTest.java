package io.relaypod.mailets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

import com.github.fge.lambdas.Throwing;
import io.relaypod.gateway.VerbatimMailQueueItems;
import org.apache.james.core.MailAddress;
import org.apache.james.core.builder.MimeMessageBuilder;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.memory.MemoryMailQueueFactory;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Attribute;
import org.apache.mailet.MailetException;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.test.FakeMailContext;
import org.apache.mailet.base.test.FakeMailContext.SentMail;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

class SplitRecipientsTest {

    private static final Attribute ATTRIBUTE = Attribute.convertToAttribute("colour", "green");

    private final FakeMailContext context = FakeMailContext.defaultContext();

    @Test
    void aMailTo250BecomesThreeInTheirOrder() throws Exception {
        List<MailAddress> recipients = recipients(250);
        MailImpl mail = mail(recipients);

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients())
                .as("the mail in hand goes on with the first 100")
                .isEqualTo(recipients.subList(0, 100));
        assertThat(mail.getName()).isEqualTo("mail-1");
        assertThat(mail.getState()).isEqualTo("transport");
        assertThat(context.getSentMails())
                .extracting(SentMail::getRecipients)
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
        MailImpl mail = MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipients(recipients(250))
                .mimeMessage(message(addresses(recipients(250))).build())
                .build();
        SplitRecipients splitter = new SplitRecipients(event -> {});
        splitter.init(FakeMailetConfig.builder()
                .mailetContext(JamesContext.spoolingTo(queues))
                .build());

        splitter.service(mail);

        assertThat(mail.getName()).isEqualTo("mail-1");
        assertThat(queues.getQueue(MailQueueFactory.SPOOL).orElseThrow().browse())
                .toIterable()
                .extracting(view ->
                        view.getMail().getName() + " in " + view.getMail().getState())
                .containsExactly("mail-1-2 in transport", "mail-1-3 in transport");
        mail.dispose();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 99, 100})
    void aMailThatFitsIsNotTouched(int count) throws Exception {
        List<MailAddress> recipients = recipients(count);
        MailImpl mail = mail(recipients);

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients()).isEqualTo(recipients);
        assertThat(context.getSentMails()).isEmpty();
    }

    @Test
    void the101stRecipientGetsAMailOfItsOwn() throws Exception {
        MailImpl mail = mail(recipients(101));

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients()).hasSize(100);
        assertThat(context.getSentMails())
                .singleElement()
                .extracting(SentMail::getRecipients)
                .isEqualTo(recipients(101).subList(100, 101));
    }

    @Test
    void aMailWithoutRecipientsIsNotTouched() throws Exception {
        MailImpl mail = mail(List.of());

        splitter("100", "transport").service(mail);

        assertThat(mail.getState()).isEqualTo("transport");
        assertThat(context.getSentMails()).isEmpty();
    }

    @Test
    void withoutParametersItIs100AndTransport() throws Exception {
        SplitRecipients splitter = new SplitRecipients(event -> {});
        splitter.init(FakeMailetConfig.builder().mailetContext(context).build());
        splitter.service(mail(recipients(201)));

        assertThat(splitter.requiredProcessingState()).containsExactly(new ProcessingState("transport"));
        assertThat(context.getSentMails())
                .extracting(copy -> copy.getRecipients().size())
                .containsExactly(100, 1);
        assertThat(context.getSentMails()).extracting(SentMail::getState).containsOnly("transport");
    }

    @Test
    void jamesIsToldWhichProcessorItNeeds() throws Exception {
        assertThat(splitter("100", "elsewhere").requiredProcessingState())
                .containsExactly(new ProcessingState("elsewhere"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "many", "1.5", "99999999999"})
    void aWrongNumberStopsTheStartAndIsNamed(String wrong) {
        assertThatThrownBy(() -> splitter(wrong, "transport"))
                .isInstanceOf(MailetException.class)
                .hasMessage("SplitRecipients: recipientsPerMail is '" + wrong + "'; expected a number of 1 or more");
    }

    @Test
    void eachBlindRecipientGetsACopyToItself() throws Exception {
        List<MailAddress> recipients = recipients(5);
        MailImpl mail = mail(recipients);
        mail.setMessage(message("Zero <R0@example.com>", "\"r3\"@example.com").build());

        splitter("100", "transport").service(mail);

        assertThat(mail.getRecipients()).containsExactly(recipients.get(0), recipients.get(3));
        assertThat(context.getSentMails())
                .extracting(SentMail::getRecipients)
                .containsExactly(List.of(recipients.get(1)), List.of(recipients.get(2)), List.of(recipients.get(4)));
    }

    @Test
    void aMailThatListsNobodyBecomesACopyForEachAndOneRecipientIsNotTouched() throws Exception {
        MailImpl mail = mail(recipients(3));
        mail.setMessage(message().build());
        MailImpl single = mail(recipients(1));
        single.setMessage(message().build());

        splitter("100", "transport").service(mail);
        splitter("100", "transport").service(single);

        assertThat(mail.getRecipients()).isEqualTo(recipients(1));
        assertThat(single.getRecipients()).isEqualTo(recipients(1));
        assertThat(context.getSentMails())
                .extracting(copy -> copy.getRecipients().size())
                .containsExactly(1, 1);
    }

    @Test
    void togetherLeavesThemInOneCopy() throws Exception {
        MailImpl mail = mail(recipients(3));
        mail.setMessage(message().build());
        SplitRecipients splitter = new SplitRecipients(event -> {});
        splitter.init(FakeMailetConfig.builder()
                .mailetContext(context)
                .setProperty("blindCopies", "together")
                .build());

        splitter.service(mail);

        assertThat(mail.getRecipients()).isEqualTo(recipients(3));
        assertThat(context.getSentMails()).isEmpty();
    }

    @Test
    void hundredsOfBlindRecipientsAreSplitInTurnsAndEveryCopyHasANameOfItsOwn() throws Exception {
        MemoryMailQueueFactory queues = new MemoryMailQueueFactory(new VerbatimMailQueueItems());
        SplitRecipients splitter = new SplitRecipients(event -> {});
        splitter.init(FakeMailetConfig.builder()
                .mailetContext(JamesContext.spoolingTo(queues))
                .build());
        ManageableMailQueue spool = queues.getQueue(MailQueueFactory.SPOOL).orElseThrow();
        spool.enQueue(MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipients(recipients(120))
                .mimeMessage(message().build())
                .build());
        Map<String, MailAddress> copies = new TreeMap<>();
        long most = 0;

        while (copies.size() < 120) {
            MailQueue.MailQueueItem item = Flux.from(spool.deQueue()).blockFirst(Duration.ofSeconds(10));
            splitter.service(item.getMail());
            item.done(MailQueue.MailQueueItem.CompletionStatus.SUCCESS);
            most = Math.max(most, spool.getSize());
            assertThat(item.getMail().getRecipients()).hasSize(1);
            assertThat(copies.put(
                            item.getMail().getName(),
                            item.getMail().getRecipients().iterator().next()))
                    .isNull();
        }

        assertThat(copies.values()).containsExactlyInAnyOrderElementsOf(recipients(120));
        assertThat(copies.keySet()).contains("mail-1", "mail-1-2", "mail-1-50", "mail-1-120");
        assertThat(spool.getSize()).isZero();
        assertThat(most).isLessThan(100);
    }

    @Test
    void aWrongKindOfBlindCopiesStopsTheStart() {
        assertThatThrownBy(() -> new SplitRecipients(event -> {})
                        .init(FakeMailetConfig.builder()
                                .mailetContext(context)
                                .setProperty("blindCopies", "hidden")
                                .build()))
                .isInstanceOf(MailetException.class)
                .hasMessage("SplitRecipients: blindCopies is 'hidden'; expected own or together");
    }

    private SplitRecipients splitter(String recipientsPerMail, String processor) throws Exception {
        SplitRecipients splitter = new SplitRecipients(event -> {});
        splitter.init(FakeMailetConfig.builder()
                .mailetContext(context)
                .setProperty("recipientsPerMail", recipientsPerMail)
                .setProperty("processor", processor)
                .build());
        return splitter;
    }

    private static MailImpl mail(List<MailAddress> recipients) throws Exception {
        return MailImpl.builder()
                .name("mail-1")
                .sender("sender@example.com")
                .addRecipients(recipients)
                .state("transport")
                .addAttribute(ATTRIBUTE)
                .mimeMessage(message(addresses(recipients)).build())
                .build();
    }

    private static MimeMessageBuilder message(String... to) throws Exception {
        return MimeMessageBuilder.mimeMessageBuilder()
                .setSubject("To many")
                .addToRecipient(to)
                .setText("Hello");
    }

    private static String[] addresses(List<MailAddress> recipients) {
        return recipients.stream().map(MailAddress::asString).toArray(String[]::new);
    }

    private static List<MailAddress> recipients(int count) {
        return IntStream.range(0, count)
                .mapToObj(Throwing.intFunction(i -> new MailAddress("r" + i + "@example.com")))
                .toList();
    }
}
