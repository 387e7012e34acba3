package io.relaypod.server.repository;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.inject.Inject;
import javax.mail.MessagingException;
import javax.mail.internet.MimeMessage;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEventPublisher;
import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.mailets.EnvelopeMailAddress;
import io.relaypod.server.queue.stored.EnvelopeJson;
import io.relaypod.server.repository.MailFiles.RepositoryEntry;
import org.apache.james.core.MailAddress;
import org.apache.james.filesystem.api.FileSystem;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.server.core.MimeMessageWrapper;
import org.apache.mailet.Mail;
import org.jspecify.annotations.Nullable;

/**
 * James' {@code file://} repositories, two files a mail that any mail program and any editor can open. A mail is on the
 * disk when it is stored, a mail that cannot be read is left for somebody to look at, and one that is shown holds
 * nothing that has to be given back. Thread-safe.
 */
public final class DirectoryMailRepository implements MailRepository {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MOST_PARTS = 1_000;

    private final String path;
    private final MailFiles files;
    private final MailEventPublisher events;

    /**
     * @param url such as {@code file://var/mail/failed/}, in the directory that James works in
     * @param limits hear of the repository, and bound it
     * @param events are told of each mail that comes; whoever takes one away says why
     * @throws UncheckedIOException when the directory cannot be made or read
     */
    @Inject
    public DirectoryMailRepository(
            MailRepositoryUrl url, FileSystem system, RepositoryLimits limits, MailEventPublisher events) {
        this.path = url.getPath().asString();
        this.events = events;
        try {
            this.files = new MailFiles(system.getFile(url.asString()).toPath());
        } catch (IOException unusable) {
            throw new UncheckedIOException("mail repository " + url.asString() + " cannot be used", unusable);
        }
        limits.watch(path, files);
    }

    /** Replaces a mail of the same name only if it has the same recipients; another part of it gets another key. */
    @Override
    public MailKey store(Mail mail) throws MessagingException {
        try {
            String key = storeUnderFreeKey(mail);
            events.publish(new MailEvent.MailStored(
                    key,
                    mail.getMaybeSender().asString(""),
                    mail.getRecipients().stream().map(MailAddress::asString).toList(),
                    path,
                    reason(mail)));
            return new MailKey(key);
        } catch (IOException notStored) {
            throw new MessagingException("mail " + mail.getName() + " could not be kept", notStored);
        }
    }

    private synchronized String storeUnderFreeKey(Mail mail) throws IOException {
        String key = key(mail);
        files.store(key, out -> writeMessage(mail, out), out -> out.write(JSON.writeValueAsBytes(envelope(key, mail))));
        return key;
    }

    private String key(Mail mail) throws IOException {
        Set<String> recipients =
                mail.getRecipients().stream().map(MailAddress::asString).collect(Collectors.toSet());
        String key = mail.getName();
        for (int part = 1; part <= MOST_PARTS; part++) {
            Optional<Path> stored = files.envelope(key);
            if (stored.isEmpty() || recipients.equals(recipients(stored.get()))) {
                return key;
            }
            key = mail.getName() + "-!" + part;
        }
        throw new IOException("too many mails of its name are stored");
    }

    private static Set<String> recipients(Path envelope) throws IOException {
        Set<String> recipients = new HashSet<>();
        try {
            JSON.readTree(Files.readAllBytes(envelope))
                    .path("recipients")
                    .forEach(each -> recipients.add(each.asText()));
        } catch (JacksonException damaged) {
            recipients.clear(); // somebody has to look at it, so it is not replaced
        }
        return recipients;
    }

    // James puts a stack trace behind what a mailet said, and has null where there is no reason.
    private static String reason(Mail mail) {
        return Optional.ofNullable(mail.getErrorMessage())
                .flatMap(message -> message.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .findFirst())
                .orElse("");
    }

    private static void writeMessage(Mail mail, OutputStream out) throws IOException {
        try {
            MimeMessage message = mail.getMessage();
            if (message instanceof MimeMessageWrapper wrapper && !wrapper.isModified()) {
                try (InputStream asItCame = wrapper.getMessageInputStream()) {
                    asItCame.transferTo(out);
                }
            } else {
                message.writeTo(out);
            }
        } catch (MessagingException unreadable) {
            throw new IOException(unreadable);
        }
    }

    private static ObjectNode envelope(String key, Mail mail) {
        ObjectNode json = JSON.createObjectNode();
        json.put("name", key);
        json.put("sender", mail.getMaybeSender().asString(""));
        mail.getRecipients().forEach(recipient -> json.withArray("recipients").add(recipient.asString()));
        json.set("envelope", EnvelopeJson.write(mail));
        return json;
    }

    @Override
    public @Nullable Mail retrieve(MailKey key) throws MessagingException {
        Optional<Path> envelope = files.envelope(key.asString());
        // James' way to say that there is no such mail is null.
        return envelope.isPresent() ? read(key.asString(), envelope.get()) : null;
    }

    // Whatever a damaged file does to James' readers, the answer names it.
    private MailImpl read(String key, Path envelope) throws MessagingException {
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(envelope));
            if (!json.path("name").isTextual()) {
                throw new IOException("it names no mail");
            }
            MailImpl.Builder builder = MailImpl.builder().name(json.path("name").textValue());
            String sender = json.path("sender").asText("");
            if (!sender.isEmpty()) {
                builder.sender(EnvelopeMailAddress.read(sender));
            }
            for (JsonNode recipient : json.path("recipients")) {
                builder.addRecipient(EnvelopeMailAddress.read(recipient.asText()));
            }
            EnvelopeJson.read(json.path("envelope"), builder);
            MailImpl mail = builder.build();
            mail.setMessageNoCopy(new VerbatimMessage(new RepositoryMessage(key)));
            return mail;
        } catch (IOException | MessagingException | RuntimeException unreadable) {
            throw new MessagingException("the envelope of mail " + key + " cannot be read: " + envelope, unreadable);
        }
    }

    @Override
    public long size() {
        return files.size();
    }

    /** The longest kept first. */
    @Override
    public Iterator<MailKey> list() {
        return files.kept().values().stream()
                .sorted(Comparator.comparing(RepositoryEntry::since))
                .map(kept -> new MailKey(kept.key()))
                .iterator();
    }

    @Override
    public void remove(MailKey key) throws MessagingException {
        try {
            files.remove(key.asString());
        } catch (IOException notRemoved) {
            throw new MessagingException("mail " + key.asString() + " could not be removed", notRemoved);
        }
    }

    @Override
    public void removeAll() throws MessagingException {
        for (String key : files.kept().keySet()) {
            remove(new MailKey(key));
        }
    }

    /** A message that stays where it is. */
    private final class RepositoryMessage implements MimeMessageSource {

        private final String key;

        RepositoryMessage(String key) {
            this.key = key;
        }

        @Override
        public String getSourceId() {
            return "kept-" + key;
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return files.message(key);
        }

        @Override
        public long getMessageSize() throws IOException {
            return files.messageBytes(key);
        }
    }
}
