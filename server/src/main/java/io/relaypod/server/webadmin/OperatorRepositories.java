package io.relaypod.server.webadmin;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent.MailRemoved;
import io.relaypod.events.MailEventPublisher;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryPath;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.mailrepository.api.Protocol;
import org.apache.mailet.Mail;

/**
 * The repositories for an operator's changes. Each removal is published as an event, so that the trace has it.
 * Thread-safe.
 */
public final class OperatorRepositories implements MailRepositoryStore {

    private final MailRepositoryStore repositories;
    private final MailEventPublisher events;

    public OperatorRepositories(MailRepositoryStore repositories, MailEventPublisher events) {
        this.repositories = repositories;
        this.events = events;
    }

    @Override
    public MailRepository select(MailRepositoryUrl url) throws MailRepositoryStoreException {
        return new ReportedRepository(url.getPath(), repositories.select(url));
    }

    @Override
    public Optional<Protocol> defaultProtocol() {
        return repositories.defaultProtocol();
    }

    @Override
    public Optional<MailRepository> get(MailRepositoryUrl url) throws MailRepositoryStoreException {
        return repositories.get(url).map(repository -> new ReportedRepository(url.getPath(), repository));
    }

    @Override
    public Stream<MailRepository> getByPath(MailRepositoryPath path) throws MailRepositoryStoreException {
        return repositories.getByPath(path).map(repository -> new ReportedRepository(path, repository));
    }

    @Override
    public Stream<MailRepositoryUrl> getUrls() {
        return repositories.getUrls();
    }

    private final class ReportedRepository implements MailRepository {

        private final String path;
        private final MailRepository repository;

        ReportedRepository(MailRepositoryPath path, MailRepository repository) {
            this.path = path.asString();
            this.repository = repository;
        }

        @Override
        public long size() throws MessagingException {
            return repository.size();
        }

        @Override
        public MailKey store(Mail mail) throws MessagingException {
            return repository.store(mail);
        }

        @Override
        public Iterator<MailKey> list() throws MessagingException {
            return repository.list();
        }

        @Override
        public Mail retrieve(MailKey key) throws MessagingException {
            return repository.retrieve(key);
        }

        @Override
        public void remove(MailKey key) throws MessagingException {
            Optional<MailRemoved> removed = removed(key);
            repository.remove(key);
            removed.ifPresent(events::publish);
        }

        // An unreadable mail can be removed.
        private Optional<MailRemoved> removed(MailKey key) {
            try {
                return Optional.ofNullable(repository.retrieve(key))
                        .map(mail -> new MailRemoved(
                                key.asString(),
                                mail.getMaybeSender().asString(""),
                                OperatorQueues.addresses(mail),
                                path,
                                OperatorQueues.BY_AN_OPERATOR));
            } catch (MessagingException unreadable) {
                return Optional.of(new MailRemoved(key.asString(), "", List.of(), path, OperatorQueues.BY_AN_OPERATOR));
            }
        }

        @Override
        public void removeAll() throws MessagingException {
            for (Iterator<MailKey> keys = repository.list(); keys.hasNext(); ) {
                remove(keys.next());
            }
        }
    }
}
