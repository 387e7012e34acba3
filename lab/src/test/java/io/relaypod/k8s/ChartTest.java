package io.relaypod.k8s;

import static io.relaypod.k8s.Manifests.elements;
import static io.relaypod.k8s.Manifests.env;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Helm chart, compared with the Kustomize manifests. */
class ChartTest {

    private static final InstalledProgram HELM = new InstalledProgram("helm");
    private static final Path CHART = Path.of("../helm/relaypod");
    private static final Path K8S = Path.of("../k8s");
    // A value for every switch of the chart.
    private static final String ALL_VALUES = """
            image: {repository: "registry.example.org:5000/mail/relaypod", digest: "sha256:%s"}
            imagePullSecrets: [{name: registry}]
            env: {STRIP_ICS_RECIPIENTS: bookings@example.org, UPSTREAM_RATE_PER_SENDER: 20/m}
            jamesConf: {files: {smtpserver.xml: "<smtpservers/>"}}
            mailpit: {uiAuth: "admin:$2y$05$hash", env: {MP_MAX_MESSAGES: "100"}, resources: {limits: {memory: 300Mi}}}
            smtp2graph: {appReg: {tenant: contoso, id: one, secret: two}}
            persistence: {spool: {size: 5Gi, storageClass: fast}, mailpit: {existingClaim: mine}}
            networkPolicy: {uiNamespace: envoy-gateway-system, monitoringNamespace: prometheus}
            ingress: {enabled: true, host: mail.example.org}
            httpRoute: {enabled: true, host: mail.example.org}
            monitoring: {serviceMonitor: true, prometheusRule: true, dashboard: true, labels: {release: prom}, runbookBaseUrl: "https://git.example.org/alerts.md"}
            tolerations: [{key: mail, operator: Exists}]
            podAnnotations: {a: b}
            """.formatted("a1".repeat(32));

    @TempDir
    private Path temporary;

    @BeforeAll
    static void findHelm() {
        HELM.require();
        Kustomize.require();
    }

    @Test
    void helmLintFindsNoProblem() throws Exception {
        assertThat(HELM.run(List.of("lint", "--strict", CHART.toString()))).contains("0 chart(s) failed");
        assertThat(HELM.run(List.of("lint", "--strict", CHART.toString(), "-f", values(ALL_VALUES))))
                .contains("0 chart(s) failed");
    }

    @Test
    void withoutValuesTheChartEqualsTheBase() throws Exception {
        assertThat(objects(rendered("", "namespace.create=true")))
                .isEqualTo(objects(kustomized("resources: [../base]")));
        assertThat(objects(rendered("")))
                .as("Helm creates the namespace, unless namespace.create is set")
                .doesNotContainKey("Namespace relaypod")
                .hasSize(objects(kustomized("resources: [../base]")).size() - 1);
    }

    @Test
    void inScaledModeTheChartEqualsTheOverlay() throws Exception {
        Map<String, JsonNode> overlay = objects(kustomized("resources: [../overlays/scaled]"));
        Manifests chart = rendered("""
                env: {STRIP_ICS_RECIPIENTS: bookings@example.com, SENDER_MAILBOXES: "@example.com"}
                """, "scaled.enabled=true", "namespace.create=true");

        assertThat(objects(chart)).isEqualTo(overlay);
    }

    @Test
    void eachComponentIsASwitchOfTheChart() throws Exception {
        Map<String, JsonNode> chart = objects(rendered(
                "",
                "ingress.enabled=true",
                "httpRoute.enabled=true",
                "networkPolicy.uiNamespace=envoy-gateway-system",
                "monitoring.serviceMonitor=true",
                "monitoring.prometheusRule=true",
                "monitoring.dashboard=true",
                "namespace.create=true"));

        assertThat(chart).isEqualTo(objects(kustomized("""
                        resources: [../base]
                        components:
                          - ../components/mailpit-ingress
                          - ../components/mailpit-httproute
                          - ../components/mailpit-ui-namespace
                          - ../components/monitoring
                        """)));
    }

    @Test
    void anAlertLinksToItsSectionOnlyIfTheBaseUrlIsSet() throws Exception {
        String base = "https://git.example.org/relaypod/docs/alerts.md";
        List<JsonNode> linked = rules("monitoring.prometheusRule=true", "monitoring.runbookBaseUrl=" + base);

        assertThat(linked)
                .isNotEmpty()
                .allSatisfy(rule -> assertThat(
                                rule.at("/annotations/runbook_url").asText())
                        .isEqualTo(base + "#" + rule.path("alert").asText().toLowerCase(Locale.ROOT)));
        assertThat(rules("monitoring.prometheusRule=true"))
                .hasSameSizeAs(linked)
                .allSatisfy(rule ->
                        assertThat(rule.at("/annotations").has("runbook_url")).isFalse());
        assertThatThrownBy(() -> rules("monitoring.prometheusRule=true", "monitoring.runbookBaseUrl=docs/alerts.md"))
                .hasMessageContaining("runbookBaseUrl");
    }

    private List<JsonNode> rules(String... settings) throws Exception {
        return elements(rendered("", settings).one("PrometheusRule", "relaypod").at("/spec/groups/0/rules"))
                .toList();
    }

    @Test
    void theRouteOfTheUiHasAPortOfItsService() throws Exception {
        Manifests chart = rendered("", "httpRoute.enabled=true", "httpRoute.gateway.sectionName=");
        JsonNode route = chart.one("HTTPRoute", "mailpit");
        JsonNode backend = route.at("/spec/rules/0/backendRefs/0");

        assertThat(elements(chart.one("Service", backend.path("name").asText()).at("/spec/ports"))
                        .filter(port -> port.path("port").asInt()
                                == backend.path("port").asInt())
                        .map(port -> port.path("name").asText()))
                .containsExactly("mailpit-ui");
        assertThat(route.at("/spec/parentRefs/0").properties().stream().map(Map.Entry::getKey))
                .as("an empty value is left out")
                .containsExactlyInAnyOrder("name", "namespace");
    }

    @Test
    void everyValueChangesAnObject() throws Exception {
        Manifests chart = rendered(ALL_VALUES);

        JsonNode relay = chart.container("relaypod");
        assertThat(relay.path("image").asText())
                .isEqualTo("registry.example.org:5000/mail/relaypod@sha256:" + "a1".repeat(32));
        assertThat(env(relay, "STRIP_ICS_RECIPIENTS")).isEqualTo("bookings@example.org");
        assertThat(env(relay, "UPSTREAM_RATE_PER_SENDER")).isEqualTo("20/m");
        assertThat(env(relay, "UPSTREAM_PORT")).isEqualTo("1025");
        assertThat(elements(relay.path("env")).map(variable -> variable.path("name")))
                .doesNotHaveDuplicates();
        assertThat(env(chart.container("mailpit"), "MP_MAX_MESSAGES")).isEqualTo("100");
        assertThat(chart.container("mailpit").at("/resources/limits/memory").asText())
                .isEqualTo("300Mi");
        assertThat(elements(relay.path("volumeMounts"))
                        .map(mount -> mount.path("mountPath").asText()))
                .contains("/etc/relaypod/james-conf");
        assertThat(chart.one("ConfigMap", "james-conf").path("data").has("smtpserver.xml"))
                .isTrue();
        assertThat(chart.one("Secret", "mailpit-auth").at("/stringData/ui-auth").asText())
                .isEqualTo("admin:$2y$05$hash");
        JsonNode config = new YAMLMapper()
                .readTree(chart.one("Secret", "smtp2graph-config")
                        .at("/stringData/config.yml")
                        .asText());
        assertThat(config.at("/send/appReg/tenant").asText()).isEqualTo("contoso");
        assertThat(config.at("/receive/port").asInt()).isEqualTo(2525);
        assertThat(chart.one("PersistentVolumeClaim", "relaypod-spool")
                        .at("/spec/resources/requests/storage")
                        .asText())
                .isEqualTo("5Gi");
        assertThat(chart.ofKind("PersistentVolumeClaim")
                        .map(claim -> claim.at("/metadata/name").asText()))
                .doesNotContain("mailpit-data");
        assertThat(Flow.from("envoy-gateway-system", 8025).isAllowedBy(chart)).isTrue();
        assertThat(Flow.from("ingress-nginx", 8025).isAllowedBy(chart)).isFalse();
        assertThat(Flow.from("prometheus", 9090).isAllowedBy(chart)).isTrue();
        assertThat(chart.one("ServiceMonitor", "relaypod")
                        .at("/metadata/labels/release")
                        .asText())
                .isEqualTo("prom");
        assertThat(chart.podTemplate().at("/metadata/annotations").properties()).hasSize(2);
    }

    @Test
    void existingSecretsAreUsedAndNoneIsCreated() throws Exception {
        Manifests chart = rendered(
                "",
                "mailpit.existingSecret=login",
                "smtp2graph.existingSecret=app",
                "scaled.enabled=true",
                "scaled.existingSecret=broker");

        assertThat(chart.ofKind("Secret")).isEmpty();
        assertThat(elements(chart.podTemplate().at("/spec/volumes"))
                        .map(volume -> volume.at("/secret/secretName").asText()))
                .contains("login", "app", "broker");
    }

    @Test
    void theErrorNamesAWrongValue() {
        assertThatThrownBy(() -> rendered("env: {MAX_RECIPIENTS: 100}")).hasMessageContaining("/env/MAX_RECIPIENTS");
        assertThatThrownBy(() -> rendered("relaypods: {}")).hasMessageContaining("relaypods");
        assertThatThrownBy(() -> rendered("", "smtp2graph.appReg.tenant=contoso"))
                .hasMessageContaining("smtp2graph.appReg.id is missing");
        assertThatThrownBy(() -> rendered("", "scaled.enabled=true", "persistence.spool.existingClaim=mine"))
                .hasMessageContaining("persistence.spool.existingClaim is for one pod");
    }

    @Test
    void aPackageHasAllFilesAndNoSecret() throws Exception {
        HELM.run(List.of("package", CHART.toString(), "-d", temporary.toString()));
        Path archive;
        try (var files = Files.list(temporary)) {
            archive = files.filter(file -> file.toString().endsWith(".tgz"))
                    .findFirst()
                    .orElseThrow();
        }
        Process tar = new ProcessBuilder("tar", "-tzf", archive.toString()).start();
        List<String> names = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();

        assertThat(names)
                .contains("relaypod/files/base/20-deployment.yaml", "relaypod/files/scaled/20-statefulset.json")
                .noneMatch(name -> name.contains("components/") || name.endsWith("smtp2graph.yml"));
        assertThat(Manifests.parse(HELM.run(List.of(
                                "template",
                                "relaypod",
                                archive.toString(),
                                "-n",
                                "relaypod",
                                "--kube-version",
                                "1.30.0")))
                        .resources())
                .hasSameSizeAs(rendered("").resources());
    }

    private Manifests rendered(String values, String... settings) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "template", "relaypod", CHART.toString(), "--namespace", "relaypod", "--kube-version", "1.30.0"));
        arguments.addAll(List.of("-f", values(values)));
        for (String setting : settings) {
            arguments.addAll(List.of("--set", setting));
        }
        Manifests manifests = Manifests.parse(HELM.run(arguments));
        return new Manifests(
                manifests.resources().stream().filter(JsonNode::isObject).toList());
    }

    private String values(String text) throws IOException {
        return Files.writeString(Files.createTempFile(temporary, "values", ".yaml"), text)
                .toString();
    }

    /** Renders an overlay with the image of this version. */
    private Manifests kustomized(String kustomization) throws IOException, InterruptedException {
        Path root = K8S.toAbsolutePath().normalize();
        Path overlay = Files.createTempDirectory(temporary, "overlay");
        String version = new YAMLMapper()
                .readTree(CHART.resolve("Chart.yaml").toFile())
                .path("version")
                .asText();
        String images = "\nnamespace: relaypod\nimages: [{name: relaypod, newTag: \"" + version
                + "\"}, {name: registry.example.com/relaypod, newName: relaypod}]\n";
        Files.writeString(
                overlay.resolve("kustomization.yaml"),
                (kustomization + images).replace("../", overlay.relativize(root) + "/"));
        return Kustomize.build(overlay);
    }

    /**
     * Objects by kind and name, in a form that can be compared: lists with names are sorted, and Helm's annotation that
     * keeps a claim is left out.
     */
    private static Map<String, JsonNode> objects(Manifests manifests) {
        Map<String, JsonNode> objects = new TreeMap<>();
        for (JsonNode resource : manifests.resources()) {
            ObjectNode object = (ObjectNode) sorted(resource);
            ObjectNode metadata = (ObjectNode) object.path("metadata");
            if (metadata.at("/annotations/helm.sh~1resource-policy").asText().equals("keep")) {
                metadata.remove("annotations");
            }
            objects.put(
                    object.path("kind").asText() + " " + metadata.path("name").asText(), object);
        }
        return objects;
    }

    private static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(field -> object.set(field.getKey(), sorted(field.getValue())));
            return object;
        }
        if (node.isArray()) {
            List<JsonNode> items =
                    new ArrayList<>(elements(node).map(ChartTest::sorted).toList());
            if (items.stream().allMatch(item -> item.has("name"))) {
                items.sort(Comparator.comparing(item -> item.path("name").asText()));
            }
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            items.forEach(array::add);
            return array;
        }
        // kustomize folds long lines where PromQL has blanks.
        return node.isTextual()
                ? JsonNodeFactory.instance.textNode(
                        node.asText().replaceAll("\\s+", " ").strip())
                : node;
    }
}
