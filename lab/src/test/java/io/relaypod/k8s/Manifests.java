package io.relaypod.k8s;

import java.io.IOException;
import java.util.List;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;

/** Rendered resources. */
record Manifests(List<JsonNode> resources) {

    private static final YAMLMapper YAML = new YAMLMapper();

    Manifests {
        resources = List.copyOf(resources);
    }

    static Manifests parse(String yaml) throws IOException {
        return new Manifests(
                YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml).readAll());
    }

    Stream<JsonNode> ofKind(String kind) {
        return resources.stream()
                .filter(resource -> resource.path("kind").asText().equals(kind));
    }

    JsonNode one(String kind, String name) {
        return ofKind(kind)
                .filter(resource -> resource.at("/metadata/name").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
    }

    /** The pod template of the Deployment or StatefulSet. */
    JsonNode podTemplate() {
        return Stream.concat(ofKind("Deployment"), ofKind("StatefulSet"))
                .findFirst()
                .orElseThrow()
                .at("/spec/template");
    }

    /** All containers of the pod, sidecars included. */
    List<JsonNode> containers() {
        return Stream.concat(
                        elements(podTemplate().at("/spec/initContainers")),
                        elements(podTemplate().at("/spec/containers")))
                .toList();
    }

    JsonNode container(String name) {
        return containers().stream()
                .filter(container -> container.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no container " + name));
    }

    static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(Spliterators.spliterator(array.elements(), array.size(), 0), false);
    }

    /** The value of an environment variable of a container; empty if there is none. */
    static String env(JsonNode container, String name) {
        return elements(container.path("env"))
                .filter(variable -> variable.path("name").asText().equals(name))
                .map(variable -> variable.path("value").asText())
                .findFirst()
                .orElse("");
    }
}
