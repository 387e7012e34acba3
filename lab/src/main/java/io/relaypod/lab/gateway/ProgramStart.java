package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for the start of a program that does not report that it serves. Stateless. */
final class ProgramStart {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 20;

    private ProgramStart() {}

    /** @return whether the program serves; false if it has ended, or does not serve in time */
    static boolean await(BooleanSupplier isAlive, BooleanSupplier serves) throws IOException {
        Instant deadline = Instant.now().plus(TIMEOUT);
        while (!serves.getAsBoolean()) {
            if (!isAlive.getAsBoolean() || Instant.now().isAfter(deadline)) {
                return false;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while a program was starting", stopped);
            }
        }
        return true;
    }

    static boolean isListening(InetSocketAddress address) {
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }
}
