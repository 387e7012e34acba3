package io.relaypod.server.webadmin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;

import io.relaypod.server.settings.WebAdminSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Generates a password once, if none is configured, in a file that only the relay's user can read. */
public final class GeneratedPassword {

    private static final Logger LOGGER = LoggerFactory.getLogger(GeneratedPassword.class);

    private static final int RANDOM_BYTES = 24;
    private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rw-------");

    private GeneratedPassword() {}

    /**
     * Keeps an existing password, and makes it unreadable for other users.
     *
     * @throws IOException if there is none and none can be generated
     */
    public static void ensure(Path file) throws IOException {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        if (isThere(file)) {
            if (posix && !Files.getPosixFilePermissions(file).equals(OWN)) {
                Files.setPosixFilePermissions(file, OWN);
            }
            return;
        }
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        Files.createDirectories(file.getParent());
        FileAttribute<?>[] attributes =
                posix ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWN)} : new FileAttribute<?>[0];
        Path unfinished =
                Files.createTempFile(file.getParent(), file.getFileName().toString(), ".tmp", attributes);
        Files.writeString(
                unfinished,
                Base64.getUrlEncoder().withoutPadding().encodeToString(random) + "\n",
                StandardCharsets.US_ASCII);
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        LOGGER.info("event=webadmin-password-made file={}", file);
    }

    private static boolean isThere(Path file) {
        try {
            WebAdminSettings.password(file);
            return true;
        } catch (IllegalArgumentException none) {
            return false;
        }
    }
}
