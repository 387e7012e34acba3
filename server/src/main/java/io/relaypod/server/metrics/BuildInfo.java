package io.relaypod.server.metrics;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** Versions of the program and of the libraries that it was built with. */
public record BuildInfo(String relaypod, String james, String artemis, String java) {

    private static final String FILE = "/io/relaypod/server/build.properties";

    /** Reads the versions from the file that the build wrote. */
    public static BuildInfo read() {
        Properties build = new Properties();
        try (InputStream file = BuildInfo.class.getResourceAsStream(FILE)) {
            build.load(file);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(FILE + " cannot be read", unreadable);
        }
        return new BuildInfo(
                build.getProperty("relaypod"),
                build.getProperty("james"),
                build.getProperty("artemis"),
                System.getProperty("java.version"));
    }
}
