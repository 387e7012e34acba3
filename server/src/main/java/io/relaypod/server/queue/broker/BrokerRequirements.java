package io.relaypod.server.queue.broker;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.client.ClientSession;

/** The settings with which a broker loses and expires no mail. docs/scaling.md has them as a broker.xml. */
final class BrokerRequirements {

    /** The prefix of all queues of relaypod. */
    static final String ADDRESSES = "relaypod.#";

    private static final String AN_ADDRESS = "relaypod.ready.spool";
    private static final ObjectMapper JSON = new ObjectMapper();

    // The names in broker.xml and in management. An absent setting has Artemis' default, which is an allowed value
    // unless it is listed.
    private static final List<Requirement> SETTINGS = List.of(
            new Requirement("max-delivery-attempts", "maxDeliveryAttempts", Set.of("-1"), "10"),
            new Requirement("address-full-policy", "addressFullMessagePolicy", Set.of("PAGE"), "PAGE"),
            new Requirement("page-limit-bytes", "pageLimitBytes", Set.of("-1"), "-1"),
            new Requirement("page-limit-messages", "pageLimitMessages", Set.of("-1"), "-1"),
            new Requirement("expiry-delay", "expiryDelay", Set.of("-1"), "-1"),
            new Requirement("min-expiry-delay", "minExpiryDelay", Set.of("-1"), "-1"),
            new Requirement("max-expiry-delay", "maxExpiryDelay", Set.of("-1"), "-1"),
            new Requirement("redelivery-delay", "redeliveryDelay", Set.of("0"), "0"),
            new Requirement("slow-consumer-threshold", "slowConsumerThreshold", Set.of("-1"), "-1"));

    private record Requirement(String name, String field, Set<String> accepted, String absent) {

        Optional<String> violation(JsonNode settings) {
            String found =
                    settings.path(field).isMissingNode() || settings.path(field).isNull()
                            ? absent
                            : settings.path(field).asText();
            return accepted.contains(found)
                    ? Optional.empty()
                    : Optional.of("address-setting match=\"" + ADDRESSES + "\" has " + name + " " + found
                            + ", and needs " + String.join(" or ", accepted));
        }
    }

    private BrokerRequirements() {}

    /** @throws BrokerRefusedException naming everything that is wrong */
    static void check(BrokerManagement management) throws ActiveMQException {
        List<String> violations = new ArrayList<>();
        if (!management.brokerAttribute("persistenceEnabled").equals(true)) {
            violations.add("persistence-enabled is false, and needs to be true");
        }
        if (!management.brokerAttribute("journalSyncNonTransactional").equals(true)) {
            violations.add("journal-sync-non-transactional is false, and needs to be true");
        }
        JsonNode settings = read(management.addressSettings(AN_ADDRESS));
        SETTINGS.forEach(setting -> setting.violation(settings).ifPresent(violations::add));
        refuse(violations);
    }

    /**
     * @param found the queue at the broker, which an earlier process or an administrator may have created
     * @throws BrokerRefusedException naming everything that is wrong
     */
    static void check(BrokerQueue queue, ClientSession.QueueQuery found) throws BrokerRefusedException {
        Map<String, Boolean> wrong = new LinkedHashMap<>();
        wrong.put("is not durable", !found.isDurable() || found.isTemporary());
        wrong.put("is not anycast", found.getRoutingType() != RoutingType.ANYCAST);
        wrong.put("has an address of another name", !queue.name().equals(found.getAddress()));
        wrong.put(
                "has a filter",
                found.getFilterString() != null && !found.getFilterString().isEmpty());
        wrong.put("is exclusive", Boolean.TRUE.equals(found.isExclusive()));
        wrong.put("keeps the last value only", Boolean.TRUE.equals(found.isLastValue()));
        wrong.put("is non-destructive", Boolean.TRUE.equals(found.isNonDestructive()));
        wrong.put("is purged when nobody reads it", found.isPurgeOnNoConsumers());
        wrong.put("is a ring", found.getRingSize() != null && found.getRingSize() != -1);
        wrong.put("is disabled", Boolean.FALSE.equals(found.isEnabled()));
        wrong.put("limits its consumers", found.getMaxConsumers() != -1);
        List<String> violations = new ArrayList<>();
        wrong.forEach((what, isSo) -> {
            if (isSo) {
                violations.add("queue " + queue.name() + " " + what);
            }
        });
        refuse(violations);
    }

    private static void refuse(List<String> violations) throws BrokerRefusedException {
        if (!violations.isEmpty()) {
            throw new BrokerRefusedException(
                    "the broker would not keep mail as docs/scaling.md asks: " + String.join("; ", violations));
        }
    }

    private static JsonNode read(String json) throws BrokerRefusedException {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException noJson) {
            throw new BrokerRefusedException(
                    "the broker's address settings cannot be read: " + noJson.getOriginalMessage());
        }
    }
}
