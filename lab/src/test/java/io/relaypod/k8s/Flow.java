package io.relaypod.k8s;

import static io.relaypod.k8s.Manifests.elements;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Map;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A connection between the pod and a peer, which NetworkPolicies allow or refuse: it is allowed if at least one policy
 * allows it.
 *
 * @param direction {@code ingress} or {@code egress}, as the pod sees it
 * @param namespace labels of the peer's namespace; none outside the cluster
 * @param podLabels labels of the peer's pod
 * @param address of the peer
 */
record Flow(
        String direction,
        Map<String, String> namespace,
        Map<String, String> podLabels,
        String address,
        String protocol,
        int port) {

    static Flow from(String namespace, int port) {
        return new Flow("ingress", Map.of("kubernetes.io/metadata.name", namespace), Map.of(), "10.1.2.3", "TCP", port);
    }

    static Flow to(String namespace, String protocol, int port) {
        return new Flow(
                "egress", Map.of("kubernetes.io/metadata.name", namespace), Map.of(), "10.1.2.3", protocol, port);
    }

    static Flow toAddress(String address, String protocol, int port) {
        return new Flow("egress", Map.of(), Map.of(), address, protocol, port);
    }

    /** Adds a label to the peer's namespace. */
    Flow labelled(String label, String value) {
        Map<String, String> labels = new HashMap<>(namespace);
        labels.put(label, value);
        return new Flow(direction, Map.copyOf(labels), podLabels, address, protocol, port);
    }

    /** Adds a label to the peer's pod. */
    Flow pod(String label, String value) {
        return new Flow(direction, namespace, Map.of(label, value), address, protocol, port);
    }

    boolean isAllowedBy(Manifests manifests) {
        JsonNode pod = manifests.podTemplate().at("/metadata/labels");
        return manifests
                .ofKind("NetworkPolicy")
                .filter(policy -> matches(policy.at("/spec/podSelector"), asMap(pod)))
                .flatMap(policy -> elements(policy.at("/spec/" + direction)))
                .anyMatch(this::isAllowedByRule);
    }

    private boolean isAllowedByRule(JsonNode rule) {
        JsonNode peers = rule.path(direction.equals("ingress") ? "from" : "to");
        boolean peer = peers.isEmpty() || elements(peers).anyMatch(this::isPeer);
        JsonNode ports = rule.path("ports");
        return peer && (ports.isEmpty() || elements(ports).anyMatch(this::isPort));
    }

    private boolean isPort(JsonNode allowed) {
        return allowed.path("protocol").asText("TCP").equals(protocol)
                && (!allowed.has("port") || allowed.path("port").asInt() == port);
    }

    private boolean isPeer(JsonNode peer) {
        if (peer.has("ipBlock")) {
            return isIn(peer.at("/ipBlock/cidr").asText())
                    && elements(peer.at("/ipBlock/except")).noneMatch(except -> isIn(except.asText()));
        }
        boolean namespaceFits = peer.has("namespaceSelector")
                && !namespace.isEmpty()
                && matches(peer.path("namespaceSelector"), namespace);
        return namespaceFits && (!peer.has("podSelector") || matches(peer.path("podSelector"), podLabels));
    }

    private static boolean matches(JsonNode selector, Map<String, String> labels) {
        if (selector.has("matchExpressions")) {
            throw new AssertionError("matchExpressions are not supported: " + selector);
        }
        return labels.entrySet().containsAll(asMap(selector.path("matchLabels")).entrySet());
    }

    private static Map<String, String> asMap(JsonNode labels) {
        Map<String, String> map = new HashMap<>();
        labels.properties()
                .forEach(label -> map.put(label.getKey(), label.getValue().asText()));
        return map;
    }

    private boolean isIn(String cidr) {
        int slash = cidr.indexOf('/');
        byte[] network = bytes(cidr.substring(0, slash));
        byte[] own = bytes(address);
        int bits = Integer.parseInt(cidr.substring(slash + 1));
        if (network.length != own.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % 8);
            if ((network[bit / 8] & mask) != (own[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    private static byte[] bytes(String literal) {
        try {
            return InetAddress.getByName(literal).getAddress();
        } catch (UnknownHostException noLiteral) {
            throw new AssertionError(noLiteral);
        }
    }
}
