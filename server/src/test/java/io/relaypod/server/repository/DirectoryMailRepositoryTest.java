package io.relaypod.server.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailStored;
import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.server.settings.FailedMailSettings;
import io.relaypod.server.threads.ServerThreads;
import org.apache.james.core.MailAddress;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.mailrepository.MailRepositoryContract;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryPath;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.mailrepository.api.Protocol;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageInputStreamSource;
import org.apache.mailet.Mail;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectoryMailRepositoryTest implements MailRepositoryContract {

    // With the slash that James' configuration has.
    private static final MailRepositoryPath FAILED = MailRepositoryPath.from("var/mail/failed/");

    @TempDir
    private Path directory;

    private final RepositoryLimits limits = new RepositoryLimits(
            new FailedMailSettings(Optional.empty(), Optional.empty()),
            Clock.systemUTC(),
            new SimpleMeterRegistry(),
            event -> {},
            new ServerThreads());
    private final List<MailEvent> published = new ArrayList<>();

    @AfterEach
    void stop() {
        limits.close();
    }

    @Override
    public MailRepository retrieveRepository() {
        return retrieveRepository(FAILED);
    }

    @Override
    public MailRepository retrieveRepository(MailRepositoryPath path) {
        return new DirectoryMailRepository(
                MailRepositoryUrl.fromPathAndProtocol(new Protocol("file"), path),
                new FileSystem() {
                    @Override
                    public InputStream getResource(String url) throws IOException {
                        throw new FileNotFoundException(url);
                    }

                    @Override
                    public File getFile(String url) {
                        return directory
                                .resolve(url.replaceFirst("^file://", ""))
                                .toFile();
                    }

                    @Override
                    public File getBasedir() {
                        return directory.toFile();
                    }
                },
                limits,
                published::add);
    }

    @Test
    void aMailIsThereForTheNextProcessByteForByte() throws Exception {
        String text = "From: a@example.com\r\nSubject:  Gr\u00fc\u00dfe \r\n\r\n.\r\nx \r\n";
        MailKey key = retrieveRepository().store(mail("Mail1-x", text));

        Mail found = retrieveRepository().retrieve(key);

        assertThat(((VerbatimMessage) found.getMessage())
                        .getMessageInputStream()
                        .readAllBytes())
                .isEqualTo(text.getBytes(StandardCharsets.UTF_8));
        assertThat(retrieveRepository().list()).toIterable().containsExactly(key);
    }

    @Test
    void whoeverListensIsToldWhatIsKeptWhereAndWhy() throws Exception {
        MailImpl mail = mail("Mail1-x", "Subject: x\r\n\r\n");
        mail.setErrorMessage("Exception calling a mailet\n\n  at io.relaypod.Somewhere");
        retrieveRepository().store(mail);
        retrieveRepository().store(mail("Mail2-x", "Subject: x\r\n\r\n"));

        assertThat(published)
                .containsExactly(
                        new MailStored(
                                "Mail1-x",
                                "a@example.com",
                                List.of("b@example.com"),
                                "var/mail/failed",
                                "Exception calling a mailet"),
                        new MailStored("Mail2-x", "a@example.com", List.of("b@example.com"), "var/mail/failed", ""));
    }

    @Test
    void aPartOfAMailWithOtherRecipientsReplacesNothing() throws Exception {
        retrieveRepository().store(mail("Mail1-x", "Subject: first\r\n\r\n"));
        MailImpl part = mail("Mail1-x", "Subject: second\r\n\r\n");
        part.setRecipients(List.of(new MailAddress("c@example.com")));

        MailKey key = retrieveRepository().store(part);

        assertThat(key).isEqualTo(new MailKey("Mail1-x-!1"));
        assertThat(retrieveRepository().store(part)).isEqualTo(key);
        Mail found = retrieveRepository().retrieve(key);
        assertThat(found.getName()).isEqualTo("Mail1-x-!1");
        assertThat(found.getRecipients()).containsExactly(new MailAddress("c@example.com"));
        assertThat(retrieveRepository().size()).isEqualTo(2);
    }

    @Test
    void aCrashBetweenMessageAndEnvelopeLeavesNoMail() throws Exception {
        retrieveRepository().store(mail("Mail1-x", "Subject: x\r\n\r\n"));
        Files.delete(file(".json"));

        assertThat(retrieveRepository().list()).toIterable().isEmpty();
        retrieveRepository().store(mail("Mail1-x", "Subject: again\r\n\r\n"));
        assertThat(retrieveRepository()
                        .retrieve(new MailKey("Mail1-x"))
                        .getMessage()
                        .getSubject())
                .isEqualTo("again");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{torn",
                "{}",
                "[]",
                "{\"name\":\"Mail1-x\",\"recipients\":[\"no address\"]}",
                "{\"name\":\"Mail1-x\",\"sender\":\"no address\"}",
                "{\"name\":\"Mail1-x\",\"envelope\":{\"attributes\":{\"a\":{\"serializer\":\"Nonsense\",\"value\":1}}}}",
                "{\"name\":\"Mail1-x\",\"envelope\":{\"attributes\":{\"\":1}}}",
                "{\"name\":\"Mail1-x\",\"envelope\":{\"recipientHeaders\":{\"b@example.com\":[\"no header\"]}}}",
                "{\"name\":\"Mail1-x\",\"envelope\":{\"recipientHeaders\":{\"b@example.com\":[1]}}}"
            })
    void aMailThatCannotBeReadIsLeftWhereItIs(String envelope) throws Exception {
        MailKey key = retrieveRepository().store(mail("Mail1-x", "Subject: x\r\n\r\n"));
        Files.writeString(file(".json"), envelope);
        MailRepository repository = retrieveRepository();

        assertThatThrownBy(() -> repository.retrieve(key))
                .isInstanceOf(MessagingException.class)
                .hasMessageContaining("Mail1-x")
                .hasMessageContaining(file(".json").toString());

        assertThat(repository.list()).toIterable().containsExactly(key);
        assertThat(file(".eml")).exists();
    }

    @Test
    void noKeyLeadsOutOfTheDirectory() throws Exception {
        Files.writeString(directory.resolve("outside.json"), "{}");
        MailRepository repository = retrieveRepository();

        MailKey key = repository.store(mail("../../../outside", "Subject: x\r\n\r\n"));

        assertThat(file(".eml").getParent()).isEqualTo(directory.resolve("var/mail/failed"));
        assertThat(repository.retrieve(key)).isNotNull();
        assertThat(repository.retrieve(new MailKey("../outside"))).isNull();
    }

    private Path file(String ending) throws Exception {
        try (Stream<Path> files = Files.walk(directory.resolve("var/mail/failed"))) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static MailImpl mail(String name, String text) throws Exception {
        MailImpl mail = MailImpl.builder()
                .name(name)
                .sender("a@example.com")
                .addRecipient("b@example.com")
                .build();
        mail.setMessageNoCopy(new VerbatimMessage(MimeMessageInputStreamSource.create(
                "m", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))));
        return mail;
    }
}
