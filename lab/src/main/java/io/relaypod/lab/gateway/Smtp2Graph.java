package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/** An smtp2graph, real or played, with a data directory that outlives it. Implementations are safe for many threads. */
public interface Smtp2Graph extends AutoCloseable {

    /** Where it accepts mail while it runs. */
    InetSocketAddress address();

    /** Its working directory, {@code /data} in the image: mailroot/temp, mailroot/queue, mailroot/failed, logs. */
    Path data();

    /** Ends it at once, as kill -9 does. What it had in memory is lost, its data stay. */
    void kill();

    /** Starts it again at the same port with the same data. */
    void up() throws IOException;

    @Override
    void close();
}
