package io.relaypod.server.webadmin;

import javax.inject.Inject;

import io.relaypod.server.queue.RetryResult;
import org.apache.james.queue.api.MailQueue.MailQueueException;
import org.apache.james.queue.api.MailQueueName;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.utils.JsonTransformer;
import spark.Request;
import spark.Service;

/**
 * {@code PATCH /mailQueues/{queue}/mails/{queueId}} makes one mail due, as James' route does it with all. Thread-safe.
 */
public final class RetryRoutes implements Routes {

    private static final String PATH = "/mailQueues/:queue/mails/:queueId";

    private final OperatorQueues queues;
    private final JsonTransformer json;

    @Inject
    public RetryRoutes(OperatorQueues queues, JsonTransformer json) {
        this.queues = queues;
        this.json = json;
    }

    @Override
    public String getBasePath() {
        return "/mailQueues";
    }

    @Override
    public void define(Service service) {
        service.patch(PATH, (request, response) -> retry(request), json);
    }

    private RetryResult retry(Request request) throws MailQueueException {
        String queue = request.params(":queue");
        String queueId = request.params(":queueId");
        RetryResult result = queues.retry(MailQueueName.of(queue), queueId)
                .orElseThrow(() -> RouteErrors.notFound(queue + " can not be found"));
        if (result.ready() + result.rateLimited() == 0) {
            throw RouteErrors.notFound("no mail " + queueId + " waits in queue " + queue
                    + ": it is being delivered, or is no more in it; its trace tells");
        }
        return result;
    }
}
