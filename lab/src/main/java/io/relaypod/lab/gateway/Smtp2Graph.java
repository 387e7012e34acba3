package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * An smtp2graph, the real one or a stand-in, with a data directory that outlives its process. Implementations are
 * thread-safe.
 */
public interface Smtp2Graph extends AutoCloseable {

    /** The SMTP address. */
    InetSocketAddress address();

    /** The working directory, {@code /data} in the image: mailroot/temp, mailroot/queue, mailroot/failed, logs. */
    Path data();

    /** Ends the process at once, as kill -9 does. The data directory stays. */
    void kill();

    /** Starts the process again, with the same port and data directory. */
    void up() throws IOException;

    @Override
    void close();
}
