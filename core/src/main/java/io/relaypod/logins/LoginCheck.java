package io.relaypod.logins;

import java.io.Closeable;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Tries passwords on one thread of its own, as each takes tens of milliseconds of a processor. A login that was
 * accepted before is accepted at once while its hash stays the same: an application that logs in for every mail costs
 * one hash. So many tries may wait, of one address fewer, that nobody waits for more than some seconds; one more is
 * {@link LoginVerdict.Busy}. Thread-safe.
 */
public final class LoginCheck implements Closeable {

    static final int MAX_WAITING = 50;
    static final int MAX_OF_ONE_ADDRESS = 10;

    private static final String MAC = "HmacSHA256";

    private final Supplier<Logins> logins;
    private final ThreadPoolExecutor thread;
    // Knows a password again without keeping it. The key lives and ends with this process.
    private final SecretKeySpec key;
    private final Map<String, VerifiedPassword> proven = new ConcurrentHashMap<>();
    private final Map<ByteBuffer, CompletableFuture<LoginVerdict>> underWay = new ConcurrentHashMap<>();
    private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

    private record VerifiedPassword(PasswordHash hash, byte[] mac) {}

    /**
     * @param logins asked at each try
     * @param threads for the one thread
     */
    public LoginCheck(Supplier<Logins> logins, ThreadFactory threads) {
        this.logins = logins;
        this.thread =
                new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING), threads);
        this.thread.allowCoreThreadTimeOut(true);
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        this.key = new SecretKeySpec(random, MAC);
    }

    /**
     * @param password as the client sent it
     * @param client whose tries share a bound
     * @return completes on the check's thread, or is complete; never with a failure
     */
    public CompletableFuture<LoginVerdict> check(String name, byte[] password, InetAddress client) {
        byte[] mac = mac(name, password);
        Optional<Login> login = logins.get().find(name);
        if (login.filter(known -> isProven(known, mac)).isPresent()) {
            return CompletableFuture.completedFuture(new LoginVerdict.Accepted(login.get()));
        }
        CompletableFuture<LoginVerdict> verdict = new CompletableFuture<>();
        // Of an application's many connections, which log in at once, one tries.
        CompletableFuture<LoginVerdict> same = underWay.putIfAbsent(ByteBuffer.wrap(mac), verdict);
        if (same != null) {
            return same;
        }
        begin(client, () -> verdict(name, password, mac), answer -> {
            underWay.remove(ByteBuffer.wrap(mac));
            verdict.complete(answer);
        });
        return verdict;
    }

    private void begin(InetAddress client, Supplier<LoginVerdict> tried, Consumer<LoginVerdict> answered) {
        try {
            if (byAddress.merge(client, 1, Integer::sum) > MAX_OF_ONE_ADDRESS) {
                throw new RejectedExecutionException("too many of one address");
            }
            thread.execute(() -> {
                LoginVerdict answer = new LoginVerdict.Busy();
                try {
                    answer = tried.get();
                } finally {
                    leave(client);
                    answered.accept(answer);
                }
            });
        } catch (RejectedExecutionException full) {
            leave(client);
            answered.accept(new LoginVerdict.Busy());
        }
    }

    private LoginVerdict verdict(String name, byte[] password, byte[] mac) {
        Logins now = logins.get();
        Optional<Login> login = now.find(name);
        boolean matches = login.map(Login::hash).orElseGet(now::ofNobody).matches(password);
        if (login.isEmpty() || !matches) {
            return new LoginVerdict.Rejected();
        }
        proven.put(name, new VerifiedPassword(login.get().hash(), mac));
        return new LoginVerdict.Accepted(login.get());
    }

    private boolean isProven(Login login, byte[] mac) {
        VerifiedPassword before = proven.get(login.name());
        return before != null && before.hash().equals(login.hash()) && MessageDigest.isEqual(before.mac(), mac);
    }

    private byte[] mac(String name, byte[] password) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            mac.update(name.getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            return mac.doFinal(password);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("every Java has " + MAC, impossible);
        }
    }

    private void leave(InetAddress client) {
        byAddress.computeIfPresent(client, (address, count) -> count == 1 ? null : count - 1);
    }

    /** Passwords that wait to be tried. */
    public int waiting() {
        return thread.getQueue().size();
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
