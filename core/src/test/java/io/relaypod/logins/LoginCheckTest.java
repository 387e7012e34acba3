package io.relaypod.logins;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoginCheckTest {

    private static final byte[] RIGHT = bytes("right password");
    private static final PasswordHash HASH = PasswordHash.of(RIGHT);
    private static final InetAddress ONE = address("192.0.2.1");
    private static final InetAddress OTHER = address("192.0.2.2");

    private final AtomicReference<Logins> logins = new AtomicReference<>(Logins.parse(List.of("app " + HASH.text())));
    private final CountDownLatch mayRead = new CountDownLatch(1);
    private final LoginCheck check = new LoginCheck(logins::get, Thread::new);

    @AfterEach
    void close() {
        mayRead.countDown();
        check.close();
    }

    @Test
    void theRightPasswordIsAccepted() {
        assertThat(verdict("app", RIGHT))
                .isInstanceOfSatisfying(
                        LoginVerdict.Accepted.class,
                        accepted -> assertThat(accepted.login().name()).isEqualTo("app"));
    }

    @Test
    void aWrongPasswordAndAWrongNameAreRefusedAlike() {
        assertThat(verdict("app", bytes("wrong")))
                .isEqualTo(verdict("nobody", RIGHT))
                .isInstanceOf(LoginVerdict.Rejected.class);
        assertThat(verdict("app", new byte[0])).isInstanceOf(LoginVerdict.Rejected.class);
        assertThat(verdict("", RIGHT)).isInstanceOf(LoginVerdict.Rejected.class);
    }

    @Test
    void aPasswordThatBcryptWouldTakeForTheRightOneIsRefused() {
        String longest = "x".repeat(PasswordHash.LONGEST_PASSWORD);
        logins.set(Logins.parse(List.of(
                "app " + PasswordHash.of(bytes(longest)).text(),
                "short " + PasswordHash.of(bytes("abc")).text())));
        assertThat(verdict("app", bytes(longest))).isInstanceOf(LoginVerdict.Accepted.class);
        assertThat(verdict("app", bytes(longest + "y"))).isInstanceOf(LoginVerdict.Rejected.class);
        assertThat(verdict("short", bytes("abc\0abc"))).isInstanceOf(LoginVerdict.Rejected.class);
    }

    @Test
    void aLoginThatWasAcceptedIsAcceptedAtOnceUntilItsHashChanges() {
        verdict("app", RIGHT);
        assertThat(check.check("app", RIGHT, ONE)).isCompleted();
        assertThat(check.check("app", bytes("wrong"), ONE)).isNotCompleted();
        logins.set(Logins.parse(
                List.of("app " + PasswordHash.of(bytes("new password")).text())));
        assertThat(verdict("app", RIGHT)).isInstanceOf(LoginVerdict.Rejected.class);
        assertThat(verdict("app", bytes("new password"))).isInstanceOf(LoginVerdict.Accepted.class);
    }

    @Test
    void ofOneAddressSomeTriesWaitAndTheNextIsBusyWhileOthersAreStillHeard() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        Supplier<Logins> slow = () -> {
            if (!Thread.currentThread().getName().equals("hasher")) {
                return logins.get();
            }
            reading.countDown();
            await(mayRead);
            return logins.get();
        };
        try (LoginCheck slowCheck = new LoginCheck(slow, task -> new Thread(task, "hasher"))) {
            List<CompletableFuture<LoginVerdict>> tries = IntStream.range(0, LoginCheck.MAX_OF_ONE_ADDRESS)
                    .mapToObj(i -> slowCheck.check("app", bytes("guess " + i), ONE))
                    .toList();
            assertThat(reading.await(30, TimeUnit.SECONDS)).isTrue();
            assertThat(slowCheck.check("app", bytes("one more"), ONE)).isCompletedWithValue(new LoginVerdict.Busy());
            CompletableFuture<LoginVerdict> other = slowCheck.check("app", RIGHT, OTHER);
            assertThat(slowCheck.check("app", RIGHT, OTHER))
                    .as("the same try twice")
                    .isSameAs(other);
            assertThat(other).isNotDone();
            mayRead.countDown();
            assertThat(other.join()).isInstanceOf(LoginVerdict.Accepted.class);
            assertThat(tries).allSatisfy(each -> assertThat(each.join()).isInstanceOf(LoginVerdict.Rejected.class));
            assertThat(slowCheck.check("app", bytes("one more"), ONE).join())
                    .as("there is room again")
                    .isInstanceOf(LoginVerdict.Rejected.class);
        }
    }

    private LoginVerdict verdict(String name, byte[] password) {
        return check.check(name, password, ONE).join();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static InetAddress address(String text) {
        return com.google.common.net.InetAddresses.forString(text);
    }
}
