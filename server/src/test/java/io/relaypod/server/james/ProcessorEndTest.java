package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailFailed;
import org.apache.commons.configuration2.XMLConfiguration;
import org.apache.commons.configuration2.io.FileHandler;
import org.apache.james.core.MailAddress;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.Test;

class ProcessorEndTest {

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
}
