package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;

import org.junit.jupiter.api.Test;

class FairExecutorTest {

    private final FairExecutor executor = new FairExecutor("test", 1);
    private final CountDownLatch begin = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(7);
    private final List<String> order = new CopyOnWriteArrayList<>();

    @Test
    void aClientWithManyTasksIsNotBeforeOneThatComesLater() throws Exception {
        task("many 1");
        for (int task = 2; task <= 5; task++) {
            task("many " + task);
        }
        task("few 1");
        task("few 2");
        assertThat(executor.waiting()).isGreaterThanOrEqualTo(6);
        begin.countDown();
        end.await();

        assertThat(order).containsExactly("many 1", "many 2", "few 1", "many 3", "few 2", "many 4", "many 5");
        assertThat(executor.waiting()).isZero();
        executor.close();
    }

    @Test
    void aTaskThatFailsTakesNoThreadWithIt() throws Exception {
        CountDownLatch other = new CountDownLatch(1);
        executor.execute("a", () -> {
            throw new IllegalStateException("on purpose");
        });
        executor.execute("a", other::countDown);
        other.await();
        executor.close();

        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> executor.execute("a", begin::countDown));
    }

    private void task(String name) {
        executor.execute(name.split(" ")[0], () -> {
            try {
                begin.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            order.add(name);
            end.countDown();
        });
        if (order.isEmpty() && name.equals("many 1")) {
            while (executor.waiting() > 0) {
                Thread.onSpinWait();
            }
        }
    }
}
