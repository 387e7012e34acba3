package io.relaypod.server.settings;

import java.nio.file.Path;

/**
 * Resolves the URL of a file in james-conf: {@code file://conf/} is JAMES_CONF, any other relative path is below
 * DATA_DIR, and {@code file:///} is absolute.
 */
public record FileUrls(Path jamesConf, Path dataDir) {

    private static final String CONF = "file://conf/";
    private static final String SCHEME = "file://";

    public Path path(String url) {
        if (url.startsWith(CONF)) {
            return jamesConf.resolve(url.substring(CONF.length()));
        }
        return dataDir.resolve(url.startsWith(SCHEME) ? url.substring(SCHEME.length()) : url);
    }
}
