package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.mail.MessagingException;

import io.relaypod.events.MailEvent;
import io.relaypod.events.MailEvent.MailRemoved;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryPath;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.queue.api.MailQueue;
import org.apache.james.queue.api.MailQueueFactory;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.task.Task;
import org.apache.james.util.streams.Limit;
import org.apache.james.webadmin.service.MailRepositoryStoreService;
import org.apache.james.webadmin.service.ReprocessingService;
import org.apache.james.webadmin.service.ReprocessingService.Configuration;
import org.apache.mailet.Attribute;
import org.apache.mailet.AttributeValue;
import org.apache.mailet.Mail;
import org.apache.mailet.base.test.FakeMail;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mails in a repository that an operator removes or sends again, one of which cannot be read. */
class OperatorRepositoriesTest {

    private static final MailRepositoryUrl URL = MailRepositoryUrl.from("file://var/mail/failed");
    private static final MailRepositoryPath PATH = URL.getPath();
    private static final MailKey READABLE = new MailKey("Mail1");
    private static final MailKey UNREADABLE = new MailKey("Mail2");
    private static final MailKey LAST = new MailKey("Mail3");
    private static final MailKey GONE = new MailKey("Mail4");

    private final List<MailEvent> published = new ArrayList<>();
    private final MailRepository repository = mock(MailRepository.class);
    private final MailRepositoryStore store = mock(MailRepositoryStore.class);
    private final OperatorRepositories repositories = new OperatorRepositories(store, published::add);

    @BeforeEach
    void fill() throws Exception {
        when(repository.list())
                .then(asked -> List.of(READABLE, UNREADABLE, LAST, GONE).iterator());
        when(repository.retrieve(READABLE)).then(asked -> mail(READABLE, 1));
        when(repository.retrieve(UNREADABLE)).thenThrow(new MessagingException("damaged"));
        when(repository.retrieve(LAST)).then(asked -> mail(LAST, 5));
        when(repository.size()).thenReturn(4L);
        when(store.select(URL)).thenReturn(repository);
        when(store.get(URL)).thenReturn(Optional.of(repository));
        when(store.getByPath(PATH)).then(asked -> Stream.of(repository));
    }

    private static Mail mail(MailKey key, int retries) throws MessagingException {
        return FakeMail.builder()
                .name(key.asString())
                .sender("a@example.com")
                .recipient("b@example.com")
                .attribute(new Attribute(ReprocessingService.RETRY_ATTRIBUTE_NAME, AttributeValue.of(retries)))
                .build();
    }

    @Test
    void eachRemovalIsPublishedAlsoThatOfAMailThatCannotBeRead() throws Exception {
        repositories.select(URL).removeAll();

        verify(repository).remove(GONE);
        assertThat(published)
                .containsExactly(
                        removed(READABLE, "a@example.com", List.of("b@example.com")),
                        removed(UNREADABLE, "", List.of()),
                        removed(LAST, "a@example.com", List.of("b@example.com")));
    }

    @Test
    void aRemovalThatFailsIsNotPublished() throws Exception {
        doThrow(new MessagingException("read-only")).when(repository).remove(READABLE);
        MailRepository found = repositories.get(URL).orElseThrow();

        assertThat(catching(() -> found.remove(READABLE))).hasMessage("read-only");
        assertThat(published).isEmpty();
        assertThat(found.size()).isEqualTo(4);
    }

    private static MailRemoved removed(MailKey key, String sender, List<String> recipients) {
        return new MailRemoved(key.asString(), sender, recipients, PATH.asString(), "by an operator");
    }

    private interface FailingAction {

        void run() throws MessagingException;
    }

    private static Throwable catching(FailingAction action) {
        return catchThrowable(action::run);
    }

    @Test
    void theOthersAreSentAgainIfOneCannotBeRead() throws Exception {
        MailQueue queue = mock(MailQueue.class);
        List<MailKey> seen = new ArrayList<>();

        Task.Result result = reprocess(queue, Optional.empty(), seen);

        assertThat(result).isEqualTo(Task.Result.PARTIAL);
        assertThat(seen).containsExactly(READABLE, UNREADABLE, LAST, GONE);
        verify(queue, times(2)).enQueue(any());
        verify(repository).remove(READABLE);
        verify(repository).remove(LAST);
        verify(repository, never()).remove(UNREADABLE);
    }

    @Test
    void aMailThatWasSentAgainTooOftenStays() throws Exception {
        MailQueue queue = mock(MailQueue.class);

        reprocess(queue, Optional.of(5), new ArrayList<>());

        verify(repository).remove(READABLE);
        verify(repository, never()).remove(LAST);
    }

    private Task.Result reprocess(MailQueue queue, Optional<Integer> maxRetries, List<MailKey> seen) throws Exception {
        MailQueueFactory<?> queues = mock(MailQueueFactory.class);
        when(queues.getQueue(any(MailQueueName.class))).then(asked -> Optional.of(queue));
        return new TolerantReprocessing(queues, new MailRepositoryStoreService(store))
                .reprocessAll(
                        PATH,
                        new Configuration(
                                MailQueueName.of("spool"), Optional.empty(), maxRetries, true, Limit.unlimited()),
                        seen::add)
                .block(RunningWebAdmin.LONG_ENOUGH);
    }
}
