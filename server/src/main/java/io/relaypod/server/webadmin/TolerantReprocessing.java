package io.relaypod.server.webadmin;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import com.github.fge.lambdas.Throwing;
import org.apache.james.lifecycle.api.LifecycleUtil;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryPath;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.task.Task;
import org.apache.james.task.Task.Result;
import org.apache.james.util.streams.Iterators;
import org.apache.james.webadmin.service.MailRepositoryStoreService;
import org.apache.james.webadmin.service.ReprocessingService;
import org.apache.mailet.Mail;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Reprocesses a repository as James does, but goes on after a mail that cannot be read. Thread-safe. */
public final class TolerantReprocessing extends ReprocessingService {

    private static final Logger LOGGER = LoggerFactory.getLogger(TolerantReprocessing.class);

    private final MailRepositoryStoreService repositories;

    public TolerantReprocessing(MailQueueFactory<?> queues, MailRepositoryStoreService repositories) {
        super(queues, repositories);
        this.repositories = repositories;
    }

    /** The result is partial if a mail could not be sent again; it stays in the repository. */
    @Override
    public Mono<Result> reprocessAll(MailRepositoryPath path, Configuration configuration, Consumer<MailKey> seen) {
        return Mono.fromCallable(() -> {
            Stream<MailKey> due = repositories
                    .getRepositories(path)
                    .flatMap(Throwing.<MailRepository, Stream<MailKey>>function(
                                    repository -> Iterators.toStream(repository.list())
                                            .peek(seen)
                                            .filter(key -> mayBeTried(repository, key, configuration)))
                            .sneakyThrow());
            return configuration
                    .getLimit()
                    .applyOnStream(due)
                    .map(key -> sendAgain(path, key, configuration))
                    .reduce(Result.COMPLETED, Task::combine);
        });
    }

    private static boolean mayBeTried(MailRepository repository, MailKey key, Configuration configuration) {
        return configuration
                .getMaxRetries()
                .map(most -> retries(repository, key) < most)
                .orElse(true);
    }

    // A mail that cannot be read is reported by its reprocessing.
    private static int retries(MailRepository repository, MailKey key) {
        try {
            Optional<Mail> mail = Optional.ofNullable(repository.retrieve(key));
            try {
                return mail.flatMap(found -> found.getAttribute(RETRY_ATTRIBUTE_NAME))
                        .map(attribute -> attribute.getValue().value())
                        .filter(Integer.class::isInstance)
                        .map(Integer.class::cast)
                        .orElse(0);
            } finally {
                LifecycleUtil.dispose(mail);
            }
        } catch (MessagingException unreadable) {
            return 0;
        }
    }

    private Result sendAgain(MailRepositoryPath path, MailKey key, Configuration configuration) {
        try {
            reprocess(path, key, configuration);
            return Result.COMPLETED;
        } catch (MissingKeyException meanwhileGone) {
            return Result.COMPLETED;
        } catch (MailRepositoryStoreException | MessagingException | RuntimeException notSent) {
            LOGGER.error("event=not-sent-again queue-id={} repository={}", key.asString(), path.asString(), notSent);
            return Result.PARTIAL;
        }
    }
}
