package io.relaypod.server.james;

import java.nio.file.Path;

import org.apache.james.filesystem.api.JamesDirectoriesProvider;

/**
 * What {@code file://} means in james-conf: {@code file://conf/} is JAMES_CONF, for every file that James reads, and
 * any other relative path is below DATA_DIR.
 */
record RelayDirectories(Path dataDir, Path jamesConf) implements JamesDirectoriesProvider {

    @Override
    public String getAbsoluteDirectory() {
        return "/";
    }

    @Override
    public String getConfDirectory() {
        return jamesConf.toString();
    }

    @Override
    public String getVarDirectory() {
        return dataDir.resolve("var").toString();
    }

    @Override
    public String getRootDirectory() {
        return dataDir.toString();
    }
}
