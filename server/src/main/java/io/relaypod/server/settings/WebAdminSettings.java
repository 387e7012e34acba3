package io.relaypod.server.settings;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Where webadmin is served, and who may use it.
 *
 * @param passwordFile read whenever somebody asks, so that the password can be changed; without it nobody is asked, unless
 *                     webadmin.properties asks for a JWT
 */
public record WebAdminSettings(ListenAddress address, Optional<Path> passwordFile) {

    private static final int SHORTEST_PASSWORD = 8;

    /**
     * The password on the first line of the file.
     *
     * @throws IllegalArgumentException saying what is wrong with the file, and nothing of what is in it
     */
    public static String password(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            String password = lines.findFirst().orElse("").strip();
            if (password.length() < SHORTEST_PASSWORD) {
                throw new IllegalArgumentException("the first line has fewer than " + SHORTEST_PASSWORD + " characters");
            }
            return password;
        } catch (CharacterCodingException | UncheckedIOException noText) {
            throw new IllegalArgumentException("it is not UTF-8 text", noText);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("it cannot be read", unreadable);
        }
    }

    /** Whether webadmin.properties has {@code jwt.enabled=true}. */
    static boolean asksForJwt(Path jamesConf) {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(jamesConf.resolve("webadmin.properties"))) {
            properties.load(in);
        } catch (IOException notThere) {
            return false;
        }
        return Boolean.parseBoolean(properties.getProperty("jwt.enabled", "false").strip());
    }
}
