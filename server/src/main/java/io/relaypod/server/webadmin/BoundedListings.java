package io.relaypod.server.webadmin;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;
import javax.inject.Inject;
import javax.mail.MessagingException;

import io.relaypod.memory.MemoryBudget;
import io.relaypod.memory.MemoryUse;
import io.relaypod.memory.Reservation;
import io.relaypod.server.queue.QueuedMailView;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryPath;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.api.MailRepositoryStore.MailRepositoryStoreException;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.queue.api.ManageableMailQueue;
import org.apache.james.queue.api.ManageableMailQueue.MailQueueIterator;
import org.apache.james.util.streams.Iterators;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.dto.MailKeyDTO;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Response;
import spark.Service;

/**
 * Lists the mails of a queue and the keys of a repository, in the format of James and with further fields, and writes
 * each list while it is read. Thread-safe.
 */
public final class BoundedListings implements Routes {

    static final int DEFAULT_LIMIT = 1_000;
    static final int LARGEST_LIMIT = 10_000;

    // Prefetched messages of the broker, and the names of the mails listed so far.
    private static final long MEMORY = 1536 << 10;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final OperatorQueues queues;
    private final MailRepositoryStore repositories;
    private final MemoryBudget budget;
    private final JsonTransformer json;

    @Inject
    public BoundedListings(
            OperatorQueues queues, MailRepositoryStore repositories, MemoryBudget budget, JsonTransformer json) {
        this.queues = queues;
        this.repositories = repositories;
        this.budget = budget;
        this.json = json;
    }

    @Override
    public String getBasePath() {
        return "/";
    }

    @Override
    public void define(Service service) {
        service.get("/mailQueues/:queue/mails", this::mails);
        service.get("/mailRepositories/:encodedPath/mails", this::keys);
    }

    private Object mails(Request request, Response response) throws Exception {
        int limit = RouteParameters.number(request, "limit", 1, LARGEST_LIMIT, DEFAULT_LIMIT);
        Optional<Boolean> delayed =
                Optional.ofNullable(request.queryParams("delayed")).map(Boolean::parseBoolean);
        String name = request.params(":queue");
        ManageableMailQueue queue = queues.getQueue(MailQueueName.of(name))
                .orElseThrow(() -> RouteErrors.notFound(name + " can not be found"));
        try (Reservation memory = memory()) {
            MailQueueIterator mails = queue.browse();
            try (AutoCloseable browser = mails::close) {
                return written(
                        response,
                        Iterators.toStream(mails)
                                .map(BoundedListings::item)
                                .filter(item -> delayed.isEmpty() || delayed.get() == isDelayed(item))
                                .limit(limit));
            }
        }
    }

    private static QueuedMailDto item(ManageableMailQueue.MailQueueItemView view) {
        return QueuedMailDto.of((QueuedMailView) view);
    }

    private static boolean isDelayed(QueuedMailDto item) {
        return item.nextDelivery()
                .map(due -> due.isAfter(ZonedDateTime.now(due.getZone())))
                .orElse(false);
    }

    private Object keys(Request request, Response response) throws Exception {
        int limit = RouteParameters.number(request, "limit", 1, LARGEST_LIMIT, DEFAULT_LIMIT);
        int offset = RouteParameters.number(request, "offset", 0, Integer.MAX_VALUE, 0);
        MailRepositoryPath path = path(request);
        try (Reservation memory = memory()) {
            Optional<MailRepository> repository = repositories.getByPath(path).findFirst();
            Iterator<MailKey> keys = repository
                    .orElseThrow(() -> RouteErrors.notFound(path.asString() + " does not exist"))
                    .list();
            return written(
                    response, Iterators.toStream(keys).skip(offset).limit(limit).map(MailKeyDTO::new));
        } catch (MailRepositoryStoreException | MessagingException unreadable) {
            throw new IllegalStateException("the repository " + path.asString() + " cannot be listed", unreadable);
        }
    }

    private static MailRepositoryPath path(Request request) throws UnsupportedEncodingException {
        return MailRepositoryPath.fromEncoded(request.params(":encodedPath"));
    }

    private Reservation memory() throws InterruptedException {
        return budget.reserve(MemoryUse.WEBADMIN, MEMORY, PATIENCE)
                .orElseThrow(() -> RouteErrors.unavailable("too many lists at once; try again"));
    }

    /**
     * Writes an array. If the list fails in the middle, the connection is closed, so that no client takes it for
     * complete.
     */
    private Object written(Response response, Stream<?> items) throws IOException {
        OutputStream out = response.raw().getOutputStream();
        try {
            out.write('[');
            boolean isFirst = true;
            for (Iterator<?> each = items.iterator(); each.hasNext(); isFirst = false) {
                if (!isFirst) {
                    out.write(',');
                }
                out.write(json.render(each.next()).getBytes(StandardCharsets.UTF_8));
            }
            out.write(']');
        } catch (RuntimeException broken) {
            if (response.raw().isCommitted()) {
                throw new IOException("a list broke off", broken);
            }
            response.raw().resetBuffer();
            throw broken;
        }
        return "";
    }
}
