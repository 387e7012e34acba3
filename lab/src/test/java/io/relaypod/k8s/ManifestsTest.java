package io.relaypod.k8s;

import static io.relaypod.k8s.Manifests.elements;
import static io.relaypod.k8s.Manifests.env;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.Variable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Kubernetes manifests, as kustomize renders them. */
class ManifestsTest {

    private static final Path K8S = Path.of("../k8s");
    // docs/queue.md, "How long a stop takes".
    private static final Duration STOP_BESIDE_DRAIN = Duration.ofSeconds(40);
    private static final Duration SILENT_BROKER = Duration.ofSeconds(30);
    // 1 s for Mailpit, and the limit in smtp2graph-preload.mjs.
    private static final Duration SIDECARS_STOP = Duration.ofSeconds(1 + 15);
    private static final Map<String, Class<?>> KINDS = Map.ofEntries(
            Map.entry("v1/ConfigMap", ConfigMap.class),
            Map.entry("v1/Namespace", Namespace.class),
            Map.entry("v1/Secret", Secret.class),
            Map.entry("v1/PersistentVolumeClaim", PersistentVolumeClaim.class),
            Map.entry("v1/Service", Service.class),
            Map.entry("apps/v1/Deployment", Deployment.class),
            Map.entry("apps/v1/StatefulSet", StatefulSet.class),
            Map.entry("networking.k8s.io/v1/Ingress", Ingress.class),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
            Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
            Map.entry("monitoring.coreos.com/v1/PrometheusRule", PrometheusRule.class),
            Map.entry("monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class));
    // The models accept unknown fields. Without their any-setters, an unknown field is an error.
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .annotationIntrospector(new JacksonAnnotationIntrospector() {
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                }
            })
            .build();

    @TempDir
    private Path temporary;

    @BeforeAll
    static void findKustomize() {
        Kustomize.require();
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void everyFieldIsKnownToKubernetes(String overlay) throws Exception {
        for (JsonNode resource : overlay(overlay).resources()) {
            assertIsKnown(resource);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void everyContainerHasNoRightsButLimitsAndProbes(String overlay) throws Exception {
        Manifests manifests = overlay(overlay);
        JsonNode pod = manifests.podTemplate().path("spec");
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/runAsUser").asInt()).isPositive();
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(pod.path("automountServiceAccountToken").asBoolean(true)).isFalse();
        for (JsonNode container : manifests.containers()) {
            String name = container.path("name").asText();
            JsonNode security = container.path("securityContext");
            assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                    .as(name)
                    .isFalse();
            assertThat(security.path("readOnlyRootFilesystem").asBoolean())
                    .as(name)
                    .isTrue();
            assertThat(security.at("/capabilities/drop/0").asText()).as(name).isEqualTo("ALL");
            assertThat(elements(security.at("/capabilities/add")).map(JsonNode::asText))
                    .as(name)
                    .isEqualTo(name.equals("relaypod") ? List.of("NET_BIND_SERVICE") : List.of());
            assertThat(container.at("/resources/requests/cpu").asText())
                    .as(name)
                    .isNotEmpty();
            assertThat(container.at("/resources/limits/memory").asText())
                    .as(name)
                    .isNotEmpty();
            assertThat(container.has("livenessProbe")).as(name).isTrue();
            assertThat(container.at("/startupProbe/periodSeconds").asInt())
                    .as("seconds until a start of %s is seen; the relay does not wait for smtp2graph", name)
                    .isBetween(name.equals("smtp2graph") ? 0 : 1, name.equals("smtp2graph") ? 0 : 2);
            assertThat(container.has("readinessProbe"))
                    .as("whether %s being ill shuts clients out", name)
                    .isEqualTo(name.equals("relaypod"));
        }
        JsonNode relay = manifests.container("relaypod");
        assertThat(relay.at("/startupProbe/httpGet/path").asText())
                .as("a start without DNS or broker goes on")
                .isEqualTo(relay.at("/livenessProbe/httpGet/path").asText())
                .isEqualTo("/livez");
        assertThat(relay.at("/readinessProbe/httpGet/path").asText()).isEqualTo("/readyz");
        assertThat(manifests
                        .container("relaypod")
                        .at("/resources/limits/memory")
                        .asText())
                .isEqualTo("192Mi");
        assertThat(manifests.container("mailpit").at("/resources/limits/memory").asText())
                .isEqualTo("128Mi");
        assertThat(manifests
                        .container("smtp2graph")
                        .at("/resources/limits/memory")
                        .asText())
                .isEqualTo("128Mi");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void portsAgreeWithTheSettingsOfTheServers(String overlay) throws Exception {
        Manifests manifests = overlay(overlay);
        JsonNode relay = manifests.container("relaypod");
        Settings settings = settings(relay);
        assertThat(port(relay, "smtp")).isEqualTo(settings.listen().port()).isEqualTo(25);
        assertThat(port(relay, "metrics"))
                .isEqualTo(settings.metrics().orElseThrow().address().port())
                .isEqualTo(9090);

        JsonNode mailpit = manifests.container("mailpit");
        assertThat(env(mailpit, "MP_SMTP_BIND_ADDR"))
                .isEqualTo(settings.upstreamHost() + ":" + settings.upstreamPort())
                .isEqualTo("127.0.0.1:1025");
        assertThat(env(mailpit, "MP_UI_BIND_ADDR")).endsWith(":" + port(mailpit, "mailpit-ui"));
        assertThat(env(mailpit, "MP_ENABLE_PROMETHEUS")).endsWith(":" + port(mailpit, "mailpit-metrics"));
        assertThat(env(mailpit, "MP_SMTP_RELAY_FWD_SMTP_ERRORS")).isEqualTo("true");

        JsonNode smtp2graph = new YAMLMapper()
                .readTree(manifests
                        .one("Secret", "smtp2graph-config")
                        .at("/stringData/config.yml")
                        .asText());
        assertThat(env(mailpit, "MP_SMTP_RELAY_PORT"))
                .isEqualTo(smtp2graph.at("/receive/port").asText())
                .isEqualTo("2525");
        assertThat(env(mailpit, "MP_SMTP_RELAY_HOST"))
                .isEqualTo(smtp2graph.at("/receive/listenAddress").asText());
        assertThat(smtp2graph.at("/send/retryLimit").asInt()
                        * (overlay.equals("demo")
                                ? 15
                                : smtp2graph.at("/send/retryInterval").asInt()))
                .as("minutes that smtp2graph goes on trying")
                .isGreaterThanOrEqualTo(24 * 60);

        // By number: controllers before Kubernetes 1.33 do not find a sidecar's port by its name.
        List<Integer> ports = manifests.containers().stream()
                .flatMap(container -> elements(container.path("ports")))
                .map(port -> port.path("containerPort").asInt())
                .toList();
        manifests
                .ofKind("Service")
                .flatMap(service -> elements(service.at("/spec/ports")))
                .forEach(port -> {
                    assertThat(port.path("targetPort").isInt()).as("%s", port).isTrue();
                    assertThat(ports).contains(port.path("targetPort").asInt());
                });
        JsonNode smtp = manifests.one("Service", "relaypod");
        assertThat(elements(smtp.at("/spec/ports"))
                        .map(port -> port.path("port").asInt()))
                .containsExactly(25);
        assertThat(smtp.at("/spec/publishNotReadyAddresses").asBoolean())
                .as(
                        "a sidecar that restarts makes the pod unready, and one of several relays that is unready is left out")
                .isEqualTo(!overlay.equals("scaled"));
        JsonNode monitoring = manifests.one("Service", "relaypod-monitoring");
        assertThat(monitoring.at("/spec/publishNotReadyAddresses").asBoolean()).isTrue();
        List<String> published = elements(monitoring.at("/spec/ports"))
                .map(port -> port.path("name").asText())
                .toList();
        Manifests monitored = withComponents("monitoring");
        assertThat(monitored.ofKind("ServiceMonitor")).hasSize(1);
        monitored.ofKind("ServiceMonitor").forEach(monitor -> {
            monitor.at("/spec/selector/matchLabels")
                    .properties()
                    .forEach(label -> assertThat(
                                    monitoring.path("metadata").path("labels").path(label.getKey()))
                            .isEqualTo(label.getValue()));
            assertThat(monitoring
                            .path("metadata")
                            .path("labels")
                            .path(monitor.at("/spec/jobLabel").asText())
                            .asText())
                    .as("the job of the alerts")
                    .isEqualTo("relaypod");
        });
        monitored
                .ofKind("ServiceMonitor")
                .flatMap(monitor -> elements(monitor.at("/spec/endpoints")))
                .forEach(endpoint ->
                        assertThat(published).contains(endpoint.path("port").asText()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void everyVariableOfTheRelayExists(String overlay) throws Exception {
        assertThat(elements(overlay(overlay).container("relaypod").path("env"))
                        .map(variable -> variable.path("name").asText()))
                .isSubsetOf(Stream.of(Variable.values()).map(Variable::name).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void everyMountHasAVolumeAndMailIsOnAPersistentOne(String overlay) throws Exception {
        Manifests manifests = overlay(overlay);
        JsonNode template = manifests.podTemplate();
        JsonNode workload = Stream.concat(manifests.ofKind("Deployment"), manifests.ofKind("StatefulSet"))
                .findFirst()
                .orElseThrow();
        List<String> claims = Stream.concat(
                        elements(template.at("/spec/volumes"))
                                .filter(volume -> volume.has("persistentVolumeClaim"))
                                .peek(volume -> manifests.one(
                                        "PersistentVolumeClaim",
                                        volume.at("/persistentVolumeClaim/claimName")
                                                .asText()))
                                .map(volume -> volume.path("name").asText()),
                        elements(workload.at("/spec/volumeClaimTemplates"))
                                .map(claim -> claim.at("/metadata/name").asText()))
                .toList();
        List<String> volumes = Stream.concat(
                        elements(template.at("/spec/volumes"))
                                .map(volume -> volume.path("name").asText()),
                        claims.stream())
                .toList();
        for (JsonNode container : manifests.containers()) {
            assertThat(elements(container.path("volumeMounts"))
                            .map(mount -> mount.path("name").asText()))
                    .as(container.path("name").asText())
                    .isSubsetOf(volumes);
        }
        assertThat(claims)
                .contains(
                        mountedAt(manifests.container("relaypod"), Variable.DATA_DIR.defaultValue()),
                        mountedAt(manifests.container("mailpit"), "/data"),
                        mountedAt(manifests.container("smtp2graph"), "/data"));
    }

    @Test
    void theNetworkPolicyAllowsOnlyTheNeededConnections() throws Exception {
        Manifests manifests = overlay("prod");
        String sendsMail = "relaypod.io/sends-mail";
        Map<Flow, Boolean> flows = new HashMap<>();
        flows.put(Flow.from("calcom", 25).labelled(sendsMail, "true"), true);
        flows.put(Flow.from("calcom", 25), false);
        flows.put(Flow.from("calcom", 25).labelled(sendsMail, "false"), false);
        flows.put(Flow.from("calcom", 9090).labelled(sendsMail, "true"), false);
        flows.put(Flow.from("calcom", 1025).labelled(sendsMail, "true"), false);
        flows.put(Flow.from("calcom", 2525).labelled(sendsMail, "true"), false);
        flows.put(Flow.from("calcom", 8000).labelled(sendsMail, "true"), false);
        flows.put(Flow.from("monitoring", 9090), true);
        flows.put(Flow.from("monitoring", 9091), true);
        flows.put(Flow.from("monitoring", 25), false);
        flows.put(Flow.from("monitoring", 8025), false);
        flows.put(Flow.from("ingress-nginx", 8025), true);
        flows.put(Flow.from("ingress-nginx", 8000), false);
        flows.put(Flow.from("ingress-nginx", 25), false);
        flows.put(Flow.from("default", 8025), false);
        flows.put(Flow.to("kube-system", "UDP", 53), true);
        flows.put(Flow.to("kube-system", "TCP", 53), true);
        flows.put(Flow.to("kube-system", "TCP", 443), false);
        flows.put(Flow.to("calcom", "UDP", 53), false);
        flows.put(Flow.toAddress("169.254.20.10", "UDP", 53), true);
        flows.put(Flow.toAddress("169.254.169.254", "UDP", 53), true);
        flows.put(Flow.toAddress("8.8.8.8", "UDP", 53), false);
        flows.put(Flow.toAddress("20.190.128.1", "TCP", 443), true);
        flows.put(Flow.toAddress("2603:1006:2000::1", "TCP", 443), true);
        flows.put(Flow.toAddress("20.190.128.1", "TCP", 25), false);
        flows.put(Flow.toAddress("20.190.128.1", "TCP", 80), false);
        flows.put(Flow.toAddress("169.254.169.254", "TCP", 443), false);
        flows.put(Flow.toAddress("10.96.0.1", "TCP", 443), false);
        flows.put(Flow.toAddress("192.168.1.1", "TCP", 443), false);
        flows.put(Flow.toAddress("fd00::1", "TCP", 443), false);
        flows.put(Flow.to("artemis", "TCP", 61616).pod("app.kubernetes.io/name", "artemis"), false);
        flows.forEach((flow, allowed) ->
                assertThat(flow.isAllowedBy(manifests)).as("%s", flow).isEqualTo(allowed));
        elements(manifests.one("NetworkPolicy", "relaypod").at("/spec/policyTypes"))
                .map(JsonNode::asText)
                .forEach(type -> assertThat(type).isIn("Ingress", "Egress"));
        assertThat(manifests.one("NetworkPolicy", "relaypod").at("/spec/policyTypes"))
                .hasSize(2);
    }

    @Test
    void inTheScaledOverlayTheBrokerCanBeReached() throws Exception {
        Manifests manifests = overlay("scaled");

        assertThat(Flow.to("artemis", "TCP", 61616)
                        .pod("app.kubernetes.io/name", "artemis")
                        .isAllowedBy(manifests))
                .isTrue();
        assertThat(Flow.to("artemis", "TCP", 61616).isAllowedBy(manifests)).isFalse();
        assertThat(Flow.to("artemis", "TCP", 8161)
                        .pod("app.kubernetes.io/name", "artemis")
                        .isAllowedBy(manifests))
                .isFalse();
        int relays =
                manifests.one("StatefulSet", "relaypod").at("/spec/replicas").asInt();
        assertThat(relays).isGreaterThan(1);
        String rate = env(manifests.container("relaypod"), Variable.UPSTREAM_RATE_PER_SENDER.name());
        assertThat(rate).endsWith("/m");
        assertThat(relays * Integer.parseInt(rate.replace("/m", "")))
                .as("Exchange's limit for one mailbox, over all relays")
                .isLessThanOrEqualTo(30);
        assertThat(manifests.ofKind("PersistentVolumeClaim")).isEmpty();
    }

    @Test
    void mailpitAndSmtp2GraphStartBeforeTheRelayAndStopAfterIt() throws Exception {
        JsonNode pod = overlay("prod").podTemplate().path("spec");

        assertThat(elements(pod.path("initContainers"))
                        .map(container -> container.path("name").asText()))
                .containsExactly("smtp2graph", "mailpit");
        assertThat(elements(pod.path("initContainers"))
                        .map(container -> container.path("restartPolicy").asText()))
                .containsOnly("Always");
        assertThat(elements(pod.path("initContainers")))
                .as("the kubelet runs a sidecar's preStop at once, before relaypod has stopped")
                .allSatisfy(container -> assertThat(container.has("lifecycle"))
                        .as(container.path("name").asText())
                        .isFalse());
        JsonNode smtp2graph = overlay("prod").container("smtp2graph");
        String preload = mountedAt(smtp2graph, "/opt/smtp2graph");
        assertThat(elements(smtp2graph.path("command")).map(JsonNode::asText))
                .as("the preload ends process 1 at SIGTERM")
                .startsWith("node", "--import=/opt/smtp2graph/preload.mjs");
        assertThat(overlay("prod")
                        .one("ConfigMap", preload)
                        .at("/data/preload.mjs")
                        .asText())
                .isEqualTo(Files.readString(K8S.resolve("base/smtp2graph-preload.mjs")));
        assertThat(elements(pod.path("containers"))
                        .map(container -> container.path("name").asText()))
                .containsExactly("relaypod");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void theGracePeriodCoversTheLongestStop(String overlay) throws Exception {
        Manifests manifests = overlay(overlay);
        JsonNode relay = manifests.container("relaypod");
        boolean asksABrokerElsewhere = !env(relay, Variable.QUEUE_URL.name()).isEmpty();

        assertThat(asksABrokerElsewhere).isEqualTo(overlay.equals("scaled"));
        Duration longest = Duration.ofSeconds(
                        relay.at("/lifecycle/preStop/sleep/seconds").asLong())
                .plus(settings(relay).queue().drain())
                .plus(STOP_BESIDE_DRAIN)
                .plus(asksABrokerElsewhere ? SILENT_BROKER : Duration.ZERO)
                .plus(SIDECARS_STOP);
        assertThat(Duration.ofSeconds(manifests
                        .podTemplate()
                        .at("/spec/terminationGracePeriodSeconds")
                        .asLong()))
                .isGreaterThanOrEqualTo(longest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled", "demo"})
    void noOverlayHasKindsOfAnOperatorByDefault(String overlay) throws Exception {
        assertThat(overlay(overlay).resources())
                .allSatisfy(resource ->
                        assertThat(resource.path("apiVersion").asText()).doesNotContain("coreos.com", "cert-manager"));
    }

    @Test
    void theAlertsAndTheDashboardAreTheTestedOnes() throws Exception {
        Manifests manifests = withComponents("monitoring");
        for (JsonNode resource : manifests.resources()) {
            assertIsKnown(resource);
        }

        // kustomize folds long lines at blanks of PromQL.
        assertThat(onOneLine(manifests.one("PrometheusRule", "relaypod").path("spec")))
                .isEqualTo(onOneLine(new YAMLMapper()
                        .readTree(K8S.resolve("alerts/relaypod.rules.yaml").toFile())));
        assertThat(manifests
                        .one("ConfigMap", "relaypod-dashboard")
                        .at("/data/relaypod.json")
                        .asText())
                .isEqualTo(Files.readString(K8S.resolve("dashboards/relaypod.json")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"prod", "flux", "scaled"})
    void secretsHoldOnlyPlaceholders(String overlay) throws Exception {
        List<JsonNode> secrets = overlay(overlay).ofKind("Secret").toList();

        assertThat(secrets).isNotEmpty().allSatisfy(secret -> {
            assertThat(secret.has("data")).isFalse();
            secret.path("stringData")
                    .forEach(value -> assertThat(value.asText()).contains("CHANGE-ME"));
        });
    }

    @Test
    void theComponentReplacesThePlaceholderSecretsByFilesThatGitIgnores() throws Exception {
        copy(K8S, temporary.resolve("k8s"));
        Map<String, String> files = Map.of(
                "secrets/mailpit-ui-auth", "admin:hash",
                "secrets/smtp2graph.yml", "mode: full",
                "broker-secret/broker-password", "s3cret");
        List<String> ignored = Files.readAllLines(Path.of("../.gitignore"));
        for (Map.Entry<String, String> file : files.entrySet()) {
            assertThat(ignored).contains("k8s/components/" + file.getKey());
            Files.writeString(temporary.resolve("k8s/components").resolve(file.getKey()), file.getValue());
        }
        // As docs/install.md says: the component's comment is removed.
        for (String overlay : List.of("prod", "scaled")) {
            Path kustomization = temporary.resolve("k8s/overlays/" + overlay + "/kustomization.yaml");
            Files.writeString(
                    kustomization,
                    Files.readString(kustomization)
                            .replaceAll("# (- \\.\\./\\.\\./components/(broker-)?secrets?\\n)", "$1"));
        }

        Manifests manifests = Kustomize.build(temporary.resolve("k8s/overlays/scaled"));

        assertThat(manifests
                        .ofKind("Secret")
                        .map(secret -> secret.at("/metadata/name").asText()))
                .containsExactlyInAnyOrder("mailpit-auth", "smtp2graph-config", "relaypod-queue");
        assertThat(manifests.ofKind("Secret")).allSatisfy(secret -> {
            assertThat(secret.has("stringData")).isFalse();
            assertThat(files.values())
                    .contains(new String(
                            Base64.getDecoder()
                                    .decode(secret.path("data")
                                            .elements()
                                            .next()
                                            .asText()),
                            UTF_8));
        });
        for (JsonNode resource : manifests.resources()) {
            assertIsKnown(resource);
        }
    }

    @Test
    void anAdminsJamesConfReplacesTheImages() throws Exception {
        copy(K8S, temporary.resolve("k8s"));
        copy(Path.of("../james-conf"), temporary.resolve("k8s/components/james-conf"));
        Path own = Files.createDirectories(temporary.resolve("k8s/overlays/own"));
        Files.writeString(
                own.resolve("kustomization.yaml"),
                "resources: [../prod]\ncomponents: [../../components/james-conf, ../../components/mailpit-ingress]\n");

        Manifests manifests = Kustomize.build(own);

        String volume = mountedAt(manifests.container("relaypod"), Variable.JAMES_CONF.defaultValue());
        JsonNode mounted = elements(manifests.podTemplate().at("/spec/volumes"))
                .filter(one -> one.path("name").asText().equals(volume))
                .findFirst()
                .orElseThrow();
        JsonNode config =
                manifests.one("ConfigMap", mounted.at("/configMap/name").asText());
        try (Stream<Path> files = Files.list(Path.of("../james-conf"))) {
            files.forEach(file -> assertThat(
                            config.path("data").has(file.getFileName().toString()))
                    .as("%s", file)
                    .isTrue());
        }
        JsonNode ingress = manifests.one("Ingress", "mailpit").at("/spec/rules/0/http/paths/0/backend/service");
        assertThat(elements(manifests
                                .one("Service", ingress.path("name").asText())
                                .at("/spec/ports"))
                        .map(port -> port.path("name").asText()))
                .contains(ingress.at("/port/name").asText());
        for (JsonNode resource : manifests.resources()) {
            assertIsKnown(resource);
        }
    }

    @Test
    void theSmtpAuthComponentMountsTheFilesOfItsVariablesAndOpensItsPort() throws Exception {
        Manifests manifests = withComponents("smtp-auth");

        JsonNode relay = manifests.container("relaypod");
        JsonNode certificate = manifests.one("Certificate", "relaypod-smtp");
        assertThat(secret(manifests, env(relay, "SMTP_TLS_CERT_FILE")))
                .isEqualTo(certificate.at("/spec/secretName").asText());
        assertThat(secret(manifests, env(relay, "SMTP_TLS_KEY_FILE")))
                .isEqualTo(certificate.at("/spec/secretName").asText());
        assertThat(secret(manifests, env(relay, "SMTP_USERS_FILE"))).isEqualTo("relaypod-smtp-users");
        assertThat(env(relay, "SMTP_AUTH")).isEqualTo("optional");
        assertThat(env(relay, "SMTPS_ADDR")).isEqualTo(":" + port(relay, "smtps"));
        assertThat(elements(manifests.one("Service", "relaypod").at("/spec/ports"))
                        .map(port -> port.path("targetPort").asInt()))
                .contains(port(relay, "smtps"));
        assertThat(elements(manifests.one("NetworkPolicy", "relaypod").at("/spec/ingress/0/ports"))
                        .map(port -> port.path("port").asInt()))
                .containsExactly(25, port(relay, "smtps"));
        for (JsonNode resource : manifests.resources()) {
            if (!resource.equals(certificate)) {
                assertIsKnown(resource);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "prod", "scaled"})
    void theRelayReadsSmtp2graphsVolume(String overlay) throws Exception {
        Manifests manifests = overlay(overlay);
        JsonNode relay = manifests.container("relaypod");

        String directory = env(relay, "SMTP2GRAPH_DATA");
        assertThat(mountedAt(relay, directory))
                .isEqualTo(mountedAt(manifests.container("smtp2graph"), "/data"))
                .isNotEmpty();
    }

    /** The secret that is mounted at the file's directory. */
    private static String secret(Manifests manifests, String file) {
        String volume = mountedAt(
                manifests.container("relaypod"), Path.of(file).getParent().toString());
        return elements(manifests.podTemplate().at("/spec/volumes"))
                .filter(one -> one.path("name").asText().equals(volume))
                .findFirst()
                .orElseThrow()
                .at("/secret/secretName")
                .asText();
    }

    private Manifests withComponents(String component) throws Exception {
        copy(K8S, temporary.resolve("k8s"));
        Path own = Files.createDirectories(temporary.resolve("k8s/overlays/own"));
        Files.writeString(
                own.resolve("kustomization.yaml"),
                "resources: [../prod]\ncomponents: [../../components/" + component + "]\n");
        return Kustomize.build(own);
    }

    private static JsonNode onOneLine(JsonNode node) throws IOException {
        return new ObjectMapper().readTree(node.toString().replaceAll("(\\\\n)+ *|\\s+", " "));
    }

    private static Manifests overlay(String name) throws Exception {
        return Kustomize.build(K8S.resolve("overlays").resolve(name));
    }

    private static void assertIsKnown(JsonNode resource) {
        String kind = resource.path("apiVersion").asText() + "/"
                + resource.path("kind").asText();
        assertThat(KINDS).containsKey(kind);
        assertThatCode(() -> STRICT.treeToValue(resource, KINDS.get(kind)))
                .as("%s %s", kind, resource.at("/metadata/name"))
                .doesNotThrowAnyException();
    }

    private Settings settings(JsonNode relay) {
        Map<String, String> variables = new HashMap<>(Map.of(
                "JAMES_CONF",
                "../james-conf",
                "DATA_DIR",
                temporary.resolve("data").toString()));
        // Only the pod has the file with the broker's password and smtp2graph's volume.
        elements(relay.path("env"))
                .filter(variable -> !variable.path("name").asText().startsWith("QUEUE_"))
                .forEach(variable -> variables.put(
                        variable.path("name").asText(), variable.path("value").asText()));
        variables.put("SMTP2GRAPH_DATA", temporary.toString());
        return Settings.from(variables);
    }

    private static int port(JsonNode container, String name) {
        return elements(container.path("ports"))
                .filter(port -> port.path("name").asText().equals(name))
                .findFirst()
                .orElseThrow()
                .path("containerPort")
                .asInt();
    }

    private static String mountedAt(JsonNode container, String path) {
        return elements(container.path("volumeMounts"))
                .filter(mount -> mount.path("mountPath").asText().equals(path))
                .findFirst()
                .orElseThrow(() -> new AssertionError("nothing is mounted at " + path))
                .path("name")
                .asText();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            files.sorted(Comparator.naturalOrder()).forEach(file -> {
                try {
                    Path target = to.resolve(from.relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(target);
                    } else {
                        Files.copy(file, target);
                    }
                } catch (IOException notCopied) {
                    throw new UncheckedIOException(notCopied);
                }
            });
        }
    }
}
