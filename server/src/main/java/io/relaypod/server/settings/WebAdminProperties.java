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

/**
 * The file webadmin.properties of james-conf, as far as relaypod reads it: whether webadmin asks for a JWT (RFC 7519),
 * and the key that signs it.
 *
 * @param publicKey a PEM file; there if a JWT is asked for
 */
public record WebAdminProperties(boolean asksForJwt, Optional<Path> publicKey) {

    private static final String FILE = "webadmin.properties";
    private static final String ENABLED = "jwt.enabled";
    private static final String KEY = "jwt.publickeypem.url";
    private static final Set<String> KNOWN = Set.of(ENABLED, KEY);
    // James' own keys, whose place is a variable here, or that a relay has no use for.
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

    /** @param findings gets everything that is wrong; what is wrong has its default */
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
            findings.fault(FILE + ": " + unreadable.getMessage());
            return new WebAdminProperties(false, Optional.empty());
        }
    }

    private static void checkNames(Properties properties, String content, ConfigurationFindings findings) {
        for (String name : properties.stringPropertyNames().stream().sorted().toList()) {
            String place = place(name, content);
            if (OF_JAMES.matcher(name).matches()) {
                findings.warn(place + name + " has no effect; WEBADMIN_ADDR and other variables take its place");
            } else if (!KNOWN.contains(name)) {
                NearName.of(name, KNOWN)
                        .ifPresentOrElse(
                                near -> findings.fault(place + name + " is unknown; did you mean " + near + "?"),
                                () -> findings.warn(place + name + " is unknown, and has no effect"));
            }
            if (Placeholder.isIn(properties.getProperty(name))) {
                findings.fault(place + name + " " + Placeholder.LEFT_IN);
            }
        }
    }

    private static WebAdminProperties read(
            Properties properties, String content, Path jamesConf, Path dataDir, ConfigurationFindings findings) {
        String enabled = properties.getProperty(ENABLED, "false").strip();
        if (!BOOLEAN.matcher(enabled).matches()) {
            findings.fault(place(ENABLED, content) + ENABLED + " is '" + enabled + "'; expected true or false");
        }
        if (!Boolean.parseBoolean(enabled)) {
            return new WebAdminProperties(false, Optional.empty());
        }
        String url = properties.getProperty(KEY, "").strip();
        if (url.isEmpty()) {
            findings.fault(place(ENABLED, content) + ENABLED + " is true and " + KEY
                    + " is missing; expected the PEM file of the key, such as file://conf/jwt.pem");
            return new WebAdminProperties(true, Optional.empty());
        }
        Path key = new FileUrls(jamesConf, dataDir).path(url);
        try {
            if (!TextFile.text(key).contains("BEGIN PUBLIC KEY")) {
                throw new IllegalArgumentException("it has no public key in PEM");
            }
        } catch (IllegalArgumentException wrong) {
            findings.fault(place(KEY, content) + KEY + " is '" + url + "'; " + key + ": " + wrong.getMessage()
                    + "; expected a file with -----BEGIN PUBLIC KEY-----");
        }
        return new WebAdminProperties(true, Optional.of(key));
    }

    private static String place(String name, String content) {
        List<String> lines = content.lines().toList();
        return FILE
                + IntStream.range(0, lines.size())
                        .filter(i -> lines.get(i).strip().startsWith(name))
                        .mapToObj(i -> ":" + (i + 1))
                        .reduce((first, last) -> last)
                        .orElse("")
                + ": ";
    }
}
