package io.relaypod.server.webadmin;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.Predicate;

import io.relaypod.server.settings.WebAdminSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares a password with that of {@code WEBADMIN_PASSWORD_FILE}, which is read each time. The time does not depend on
 * where the two differ. Thread-safe.
 */
public record PasswordFile(Path file) implements Predicate<String> {

    private static final Logger LOGGER = LoggerFactory.getLogger(PasswordFile.class);

    @Override
    public boolean test(String given) {
        try {
            return MessageDigest.isEqual(digest(given), digest(WebAdminSettings.password(file)));
        } catch (IllegalArgumentException unreadable) {
            LOGGER.error("event=webadmin-password-unreadable file={} reason=\"{}\"", file, unreadable.getMessage());
            return false;
        }
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
