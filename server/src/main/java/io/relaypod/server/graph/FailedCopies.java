package io.relaypod.server.graph;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.inject.Provider;
import javax.mail.MessagingException;

import io.relaypod.gateway.VerbatimMessage;
import io.relaypod.graph.CopyHeader;
import io.relaypod.graph.GraphError;
import io.relaypod.graph.WithdrawnCopies;
import io.relaypod.mailets.EnvelopeMailAddress;
import io.relaypod.mime.MessageSource;
import org.apache.james.core.MailAddress;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.mailet.Mail;

/**
 * Stores copies that Graph never accepts in the failed repository, as the relay sent them: without the fields that
 * Mailpit and smtp2graph added on top. {@code relaypod failed retry} sends them again. Thread-safe.
 */
final class FailedCopies implements WithdrawnCopies {

    private static final MailRepositoryUrl FAILED = MailRepositoryUrl.from("file://var/mail/failed/");

    private static final String CUT = "-cut";

    private final Provider<MailRepositoryStore> repositories;

    FailedCopies(Provider<MailRepositoryStore> repositories) {
        this.repositories = repositories;
    }

    @Override
    public void store(CopyHeader header, Path file, GraphError error, boolean mayBeCut) throws IOException {
        try {
            MailRepository failed = repositories.get().select(FAILED);
            MailImpl mail = mail(header, mayBeCut ? CUT : "");
            mail.setErrorMessage("Graph: " + error.code().label() + ": " + error.words());
            mail.setMessageNoCopy(new VerbatimMessage(new CopyMessage(file, header.start())));
            try {
                failed.store(mail);
            } finally {
                LifecycleUtil.dispose(mail);
            }
        } catch (MessagingException | MailRepositoryStoreException notStored) {
            throw new IOException(notStored);
        }
    }

    private static MailImpl mail(CopyHeader header, String ending) throws MessagingException {
        MailImpl.Builder builder = MailImpl.builder()
                .name(header.copy()
                                .queueId()
                                .orElseGet(() -> "smtp2graph-" + header.copy().fileName())
                        + ending)
                .sender(sender(header))
                .state(Mail.ERROR);
        for (String recipient : header.copy().recipients()) {
            builder.addRecipient(EnvelopeMailAddress.read(recipient));
        }
        return builder.build();
    }

    private static MailAddress sender(CopyHeader header) throws MessagingException {
        return header.returnPath().isEmpty() ? MailAddress.nullSender() : EnvelopeMailAddress.read(header.returnPath());
    }

    /** The message that the relay sent, in smtp2graph's file. */
    private static final class CopyMessage implements MimeMessageSource {

        private final Path file;
        private final long start;

        CopyMessage(Path file, long start) {
            this.file = file;
            this.start = start;
        }

        @Override
        public String getSourceId() {
            return file.toString();
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return MessageSource.openAt(start, () -> Files.newInputStream(file));
        }

        @Override
        public long getMessageSize() throws IOException {
            return Files.size(file) - start;
        }
    }
}
