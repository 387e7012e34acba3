package io.relaypod.server.queue.broker;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.ActiveMQExceptionType;
import org.apache.activemq.artemis.api.core.client.ClientMessage;
import org.apache.activemq.artemis.api.core.client.ClientRequestor;
import org.apache.activemq.artemis.api.core.client.ClientSession;
import org.apache.activemq.artemis.api.core.management.ManagementHelper;
import org.apache.activemq.artemis.api.core.management.ResourceNames;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Management operations of the broker, which finds mails by their properties without sending them. Thread-safe. */
public final class BrokerManagement implements AutoCloseable {

    private static final Logger LOGGER = LoggerFactory.getLogger(BrokerManagement.class);

    private static final String MANAGEMENT = "activemq.management";
    private static final int REMOVED_AT_ONCE = 1000;
    private static final String EVERY = "";
    // A command may go through all mails.
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final ClientSession session;
    // Reused, because each requestor leaves an address for its answers at the broker. Empty after a question without an
    // answer: it would take a late answer for that of its next question.
    private Optional<ClientRequestor> requestor;

    public BrokerManagement(BrokerConnection connection) throws ActiveMQException {
        this.session = connection.session();
        try {
            session.start();
            this.requestor = Optional.of(new ClientRequestor(session, MANAGEMENT));
        } catch (Exception refused) {
            throw BrokerRefusedException.orElse(refused);
        }
    }

    /** Whether the session to the broker is open. */
    boolean isOpen() {
        return !session.isClosed();
    }

    /** An attribute of the broker, by its name in management. */
    public Object brokerAttribute(String name) throws ActiveMQException {
        return ask(name, question -> ManagementHelper.putAttribute(question, ResourceNames.BROKER, name));
    }

    /** The settings of an address as JSON. Settings with their default may be missing. */
    String addressSettings(String address) throws ActiveMQException {
        return String.valueOf(ask(ResourceNames.BROKER, "getAddressSettingsAsJSON", address));
    }

    /** The number of messages of a queue that no consumer has fetched. */
    public long waiting(BrokerQueue queue) throws ActiveMQException {
        // Asked one after the other, while messages come and go.
        return Math.max(0, number(queue, "messageCount") - number(queue, "deliveringCount"));
    }

    private long number(BrokerQueue queue, String attribute) throws ActiveMQException {
        String resource = ResourceNames.QUEUE + queue.name();
        return ((Number) ask(
                        attribute + " of " + resource,
                        question -> ManagementHelper.putAttribute(question, resource, attribute)))
                .longValue();
    }

    /** All queues of relaypod at the broker. */
    public List<BrokerQueue> queues() throws ActiveMQException {
        Object names = ask(ResourceNames.BROKER, "getQueueNames");
        return Arrays.stream((Object[]) names)
                .map(String::valueOf)
                .map(BrokerQueue::named)
                .flatMap(Optional::stream)
                .toList();
    }

    /** @return how many mails match; mails in flight are not counted */
    public long count(BrokerQueue queue, String filter) throws ActiveMQException {
        return ((Number) ask(ResourceNames.QUEUE + queue.name(), "countMessages", filter)).longValue();
    }

    /** @return how many mails were removed; mails in flight are not removed */
    public long remove(BrokerQueue queue, String filter) throws ActiveMQException {
        return ((Number) ask(ResourceNames.QUEUE + queue.name(), "removeMessages", REMOVED_AT_ONCE, filter))
                .longValue();
    }

    /** @return whether the message was in the queue, and not in flight */
    public boolean move(BrokerQueue from, long messageId, BrokerQueue to) throws ActiveMQException {
        return (boolean) ask(
                ResourceNames.QUEUE + from.name(),
                "moveMessage",
                messageId,
                to.name().toString());
    }

    public void moveAll(BrokerQueue from, BrokerQueue to) throws ActiveMQException {
        ask(ResourceNames.QUEUE + from.name(), "moveMessages", EVERY, to.name().toString());
    }

    /** Deletes a queue without consumers, its mails and its address. */
    void delete(BrokerQueue queue) throws ActiveMQException {
        ask(ResourceNames.BROKER, "destroyQueue", queue.name().toString(), false, true);
    }

    private Object ask(String resource, String operation, Object... parameters) throws ActiveMQException {
        return ask(
                operation + " on " + resource,
                question -> ManagementHelper.putOperationInvocation(question, resource, operation, parameters));
    }

    private interface ManagementRequest {

        void write(ClientMessage message) throws Exception;
    }

    private synchronized Object ask(String what, ManagementRequest question) throws ActiveMQException {
        try {
            ClientMessage asked = session.createMessage(false);
            question.write(asked);
            ClientMessage answer =
                    answer(asked).orElseThrow(() -> new ActiveMQException("the broker gives no answer to " + what));
            Object result = ManagementHelper.getResult(answer);
            if (!ManagementHelper.hasOperationSucceeded(answer)) {
                throw new ActiveMQException(what + ": " + result);
            }
            return result;
        } catch (Exception failure) {
            throw BrokerRefusedException.orElse(failure);
        }
    }

    private Optional<ClientMessage> answer(ClientMessage asked) throws Exception {
        ClientRequestor used = requestor.isPresent() ? requestor.get() : new ClientRequestor(session, MANAGEMENT);
        requestor = Optional.empty();
        Optional<ClientMessage> answer;
        try {
            answer = Optional.ofNullable(used.request(asked, PATIENCE.toMillis()));
        } catch (Exception unanswered) {
            closeQuietly(used);
            throw unanswered;
        }
        if (answer.isPresent()) {
            requestor = Optional.of(used);
        } else {
            closeQuietly(used);
        }
        return answer;
    }

    private static void closeQuietly(ClientRequestor requestor) {
        try {
            requestor.close();
        } catch (Exception broken) {
            LOGGER.debug("a requestor could not be closed", broken);
        }
    }

    @Override
    public synchronized void close() throws ActiveMQException {
        try {
            if (requestor.isPresent()) {
                requestor.get().close();
            }
        } catch (Exception closed) {
            throw new ActiveMQException(
                    "answers could not be given up", closed, ActiveMQExceptionType.GENERIC_EXCEPTION);
        } finally {
            session.close();
        }
    }
}
