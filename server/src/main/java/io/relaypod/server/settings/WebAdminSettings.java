package io.relaypod.server.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * webadmin's address and password.
 *
 * @param passwordFile read at each request, so that the password can be changed
 * @param ownPasswordFile the relay writes a password there if it has no other, and webadmin.properties requires no JWT
 * @param names of the host in requests, in addition to {@code localhost} and IP addresses
 */
public record WebAdminSettings(
        ListenAddress address, Optional<Path> passwordFile, Path ownPasswordFile, Set<String> names) {

    private static final String OWN_PASSWORD_FILE = "webadmin-password";
    private static final int SHORTEST_PASSWORD = 8;

    /** Adds the host of the address. */
    public WebAdminSettings {
        names = Stream.concat(names.stream(), Stream.of(address.host())).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The settings without the other variables', for a command that sends requests to webadmin.
     *
     * @return empty if webadmin is off
     * @throws InvalidSettingsException naming every variable that is wrong
     */
    public static Optional<WebAdminSettings> from(Map<String, String> variables) {
        Environment environment = new Environment(variables, new ConfigurationFindings());
        Optional<WebAdminSettings> webadmin = read(environment);
        environment.throwIfWrong();
        return webadmin;
    }

    static Optional<WebAdminSettings> read(Environment environment) {
        Optional<Path> passwordFile = environment
                .file(Variable.WEBADMIN_PASSWORD_FILE, WebAdminSettings::password)
                .map(Path::toAbsolutePath);
        Set<String> names = environment.read(Variable.WEBADMIN_HOSTS, VariableForms::hosts);
        Path ownPasswordFile = environment.path(Variable.DATA_DIR).orElseThrow().resolve(OWN_PASSWORD_FILE);
        return environment
                .address(Variable.WEBADMIN_ADDR)
                .map(address -> new WebAdminSettings(address, passwordFile, ownPasswordFile, names));
    }

    /** The file with the password in force. */
    public Path credentials() {
        return passwordFile.orElse(ownPasswordFile);
    }

    /**
     * The password on the first line of the file.
     *
     * @throws IllegalArgumentException if the file is wrong; the message has nothing of its content
     */
    public static String password(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            String password = lines.findFirst().orElse("").strip();
            if (Placeholder.isIn(password)) {
                throw new IllegalArgumentException(Placeholder.inFile());
            }
            if (password.length() < SHORTEST_PASSWORD) {
                throw new IllegalArgumentException(
                        "the first line has fewer than " + SHORTEST_PASSWORD + " characters");
            }
            return password;
        } catch (CharacterCodingException | UncheckedIOException noText) {
            throw new IllegalArgumentException("it is not UTF-8 text", noText);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("it cannot be read", unreadable);
        }
    }
}
