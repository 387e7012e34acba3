package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.google.common.collect.ArrayListMultimap;
import com.google.common.collect.ListMultimap;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailFailed;
import org.apache.commons.configuration2.BaseConfiguration;
import org.apache.commons.configuration2.XMLConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.io.FileHandler;
import org.apache.james.core.MailAddress;
import org.apache.james.mailetcontainer.impl.MailetConfigImpl;
import org.apache.james.mailetcontainer.impl.MatcherMailetPair;
import org.apache.james.server.core.MailImpl;
import org.apache.james.transport.mailets.Null;
import org.apache.james.transport.mailets.ToProcessor;
import org.apache.james.transport.mailets.ToRepository;
import org.apache.james.transport.matchers.All;
import org.apache.james.transport.matchers.RecipientIs;
import org.apache.mailet.Mail;
import org.apache.mailet.Matcher;
import org.apache.mailet.base.GenericMailet;
import org.junit.jupiter.api.Test;

class ProcessorEndTest {

    private final ListMultimap<String, MatcherMailetPair> processors = ArrayListMultimap.create();

    @Test
    void aContainerWhoseProcessorsAllEndStarts() throws Exception {
        add("root", new RecipientIs(), new Null(), Map.of());
        add("root", new All(), new ToProcessor(), Map.of("processor", "transport"));
        add("transport", new All(), new ToRepository(null), Map.of("passThrough", "false"));

        assertThatCode(() -> new ProcessorEndCheck().check(processors)).doesNotThrowAnyException();
    }

    @Test
    void oneInWhichAMailCanReachTheEndDoesNotAndTheProcessorsAreNamed() throws Exception {
        add("root", new RecipientIs(), new ToProcessor(), Map.of("processor", "transport"));
        add("transport", new All(), new ToRepository(null), Map.of("passThrough", "true"));
        add("error", new All(), new Null(), Map.of("onMailetException", "ignore"));
        add("bounces", new All(), new Null(), Map.of());

        assertThatThrownBy(() -> new ProcessorEndCheck().check(processors))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the end of processor 'error', 'root', 'transport'")
                .hasMessageNotContaining("bounces");
    }

    @Test
    void everyProcessorHasAnEnd() throws Exception {
        XMLConfiguration container = new XMLConfiguration();
        new FileHandler(container)
                .load(new StringReader(
                        "<mailetcontainer><processors><processor state=\"root\"><mailet match=\"All\" class=\"Null\"/>"
                                + "</processor><processor state=\"empty\"/></processors></mailetcontainer>"));

        EndOfProcessor.addTo(container);

        assertThat(container.getList(String.class, "processors.processor(0).mailet[@class]"))
                .containsExactly("Null", EndOfProcessor.class.getName());
        assertThat(container.getList(String.class, "processors.processor(1).mailet[@class]"))
                .containsExactly(EndOfProcessor.class.getName());
        assertThat(container.getList(String.class, "processors.processor.mailet[@match]"))
                .containsOnly("All");
    }

    @Test
    void aMailThatReachesTheEndIsKeptAndSaidToHaveFailed() throws Exception {
        List<MailEvent> events = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        MailImpl mail = MailImpl.builder()
                .name("Mail1")
                .sender("s@example.com")
                .addRecipient(new MailAddress("r@example.com"))
                .state("transport")
                .build();

        new EndOfProcessor(stored -> kept.add(stored.getName() + ": " + stored.getErrorMessage()), events::add)
                .service(mail);

        assertThat(kept)
                .containsExactly("Mail1: reached the end of processor 'transport', where James would delete it");
        assertThat(events)
                .singleElement()
                .isInstanceOfSatisfying(
                        MailFailed.class, failed -> assertThat(failed.queueId()).isEqualTo("Mail1"));
        assertThat(mail.getState()).isEqualTo(Mail.GHOST);
    }

    private void add(String processor, Matcher matcher, GenericMailet mailet, Map<String, String> parameters)
            throws Exception {
        BaseConfiguration configuration = new BaseConfiguration();
        parameters.forEach(configuration::addProperty);
        MailetConfigImpl config = new MailetConfigImpl();
        config.setConfiguration(configuration);
        try {
            mailet.init(config);
        } catch (RuntimeException withoutJames) {
            assertThat(mailet.getMailetConfig()).isSameAs(config);
        }
        processors.put(processor, new MatcherMailetPair(matcher, mailet));
    }
}
