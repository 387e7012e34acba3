package io.relaypod.server.settings;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import io.relaypod.configuration.ConfigurationProblem;

/**
 * The file webadmin.properties of james-conf, as far as relaypod reads it: whether webadmin requires a JWT (RFC 7519),
 * and the key that verifies it.
 *
 * @param publicKey a PEM file; present if a JWT is required
 */
public record WebAdminProperties(boolean asksForJwt, Optional<Path> publicKey) {

    private static final String FILE = "webadmin.properties";
    private static final String ENABLED = "jwt.enabled";
    private static final String KEY = "jwt.publickeypem.url";
    private static final Set<String> KNOWN = Set.of(ENABLED, KEY);
    // Keys of James that are variables here, or that a relay does not use.
    private static final Pattern OF_JAMES = Pattern.compile(
            "enabled|host|port|cors\\.(enable|origin)|https\\..*|extensions\\.routes|m(ax|in)ThreadCount");
    private static final Pattern BOOLEAN = Pattern.compile("(?i)true|false");
    private static final String BYTE_ORDER_MARK = "\ufeff";

    /**
     * Reads the file of a configuration without faults.
     *
     * @param dataDir where a relative path begins
     */
    public static WebAdminProperties read(Path jamesConf, Path dataDir) {
        return read(jamesConf, dataDir, new ConfigurationFindings());
    }

    /** @param findings gets every problem; a value that is wrong has its default */
    static WebAdminProperties read(Path jamesConf, Path dataDir, ConfigurationFindings findings) {
        Path file = jamesConf.resolve(FILE);
        if (!Files.exists(file)) {
            return new WebAdminProperties(false, Optional.empty());
        }
        try {
            String text = TextFile.text(file);
            String content = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
            Properties properties = new Properties();
            properties.load(new StringReader(content));
            checkNames(properties, content, findings);
            return read(properties, content, jamesConf, dataDir, findings);
        } catch (IllegalArgumentException | IOException unreadable) {
            findings.fault(ConfigurationProblem.in(FILE, 0, String.valueOf(unreadable.getMessage())));
            return new WebAdminProperties(false, Optional.empty());
        }
    }

    private static void checkNames(Properties properties, String content, ConfigurationFindings findings) {
        for (String name : properties.stringPropertyNames().stream().sorted().toList()) {
            ConfigurationProblem problem = at(name, content);
            if (OF_JAMES.matcher(name).matches()) {
                findings.warn(problem.then(" has no effect").cure("WEBADMIN_ADDR and other variables take its place"));
            } else if (!KNOWN.contains(name)) {
                String question = NearName.question(name, KNOWN);
                if (question.isEmpty()) {
                    findings.warn(problem.then(" is unknown, and has no effect"));
                } else {
                    findings.fault(problem.then(" is unknown").cure(question));
                }
            }
            if (Placeholder.isIn(properties.getProperty(name))) {
                findings.fault(Placeholder.problem(problem));
            }
        }
    }

    private static WebAdminProperties read(
            Properties properties, String content, Path jamesConf, Path dataDir, ConfigurationFindings findings) {
        String enabled = properties.getProperty(ENABLED, "false").strip();
        if (!BOOLEAN.matcher(enabled).matches()) {
            findings.fault(at(ENABLED, content).is(enabled).expected("true or false"));
        }
        if (!Boolean.parseBoolean(enabled)) {
            return new WebAdminProperties(false, Optional.empty());
        }
        String url = properties.getProperty(KEY, "").strip();
        if (url.isEmpty()) {
            findings.fault(at(ENABLED, content)
                    .then(" is true and " + KEY + " is missing")
                    .expected("the PEM file of the key, such as file://conf/jwt.pem"));
            return new WebAdminProperties(true, Optional.empty());
        }
        Path key = new FileUrls(jamesConf, dataDir).path(url);
        try {
            if (!TextFile.text(key).contains("BEGIN PUBLIC KEY")) {
                throw new IllegalArgumentException("it has no public key in PEM");
            }
        } catch (IllegalArgumentException wrong) {
            findings.fault(at(KEY, content)
                    .is(url)
                    .then("; " + key + ": " + wrong.getMessage())
                    .expected("a file with -----BEGIN PUBLIC KEY-----"));
        }
        return new WebAdminProperties(true, Optional.of(key));
    }

    private static ConfigurationProblem at(String name, String content) {
        List<String> lines = content.lines().toList();
        int line = IntStream.range(0, lines.size())
                .filter(i -> lines.get(i).strip().startsWith(name))
                .map(i -> i + 1)
                .max()
                .orElse(0);
        return ConfigurationProblem.in(FILE, line, name);
    }
}
