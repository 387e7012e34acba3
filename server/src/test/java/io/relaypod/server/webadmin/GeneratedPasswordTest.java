package io.relaypod.server.webadmin;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratedPasswordTest {

    @TempDir
    private Path directory;

    @Test
    void aPasswordIsGeneratedOnceForTheRelaysUserAlone() throws Exception {
        Path file = directory.resolve("data/password");

        GeneratedPassword.ensure(file);
        String generated = Files.readString(file);
        GeneratedPassword.ensure(file);

        assertThat(generated.strip()).hasSize(32);
        assertThat(file).hasContent(generated);
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(new PasswordFile(file)).accepts(generated.strip()).rejects("", generated.strip() + "x");
    }

    @Test
    void anExistingPasswordStaysAndBecomesUnreadableForOthers() throws Exception {
        Path file = Files.writeString(directory.resolve("password"), "correct horse battery\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        GeneratedPassword.ensure(file);

        assertThat(file).hasContent("correct horse battery");
        assertThat(permissions(file)).isEqualTo("rw-------");
    }

    @Test
    void anUnreadablePasswordOpensNothing() {
        assertThat(new PasswordFile(directory.resolve("missing"))).rejects("", "missing");
    }

    private static String permissions(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
