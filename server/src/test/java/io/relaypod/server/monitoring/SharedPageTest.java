package io.relaypod.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import org.junit.jupiter.api.Test;

class SharedPageTest {

    private final AtomicInteger made = new AtomicInteger();
    private final AtomicLong clock = new AtomicLong(Duration.ofDays(1).toNanos());
    private Duration makingTakes = Duration.ZERO;
    private final SharedPage page = new SharedPage(
            new Page() {

                @Override
                public PageResponse get(HttpHeaders request) {
                    made.incrementAndGet();
                    clock.addAndGet(makingTakes.toNanos());
                    return PageResponse.text(HttpResponseStatus.OK, form(request));
                }

                @Override
                public String form(HttpHeaders request) {
                    return request.get("Accept", "").contains("json") ? "json" : "text";
                }
            },
            clock::get);

    private String get(String accept) {
        return new String(
                page.get(new DefaultHttpHeaders().set("Accept", accept)).body(), StandardCharsets.UTF_8);
    }

    @Test
    void eachOfAFewRequestsASecondGetsANewPage() {
        for (int i = 0; i < SharedPage.UNSHARED_PER_SECOND; i++) {
            get("text/plain");
        }
        assertThat(made).hasValue(SharedPage.UNSHARED_PER_SECOND);
    }

    @Test
    void aFloodMakesOnePageASecondForEachForm() {
        for (int second = 0; second < 3; second++) {
            for (int i = 0; i < 10_000; i++) {
                assertThat(get(i % 2 == 0 ? "text/x-" + i : "application/json"))
                        .isEqualTo(i % 2 == 0 ? "text" : "json");
            }
            clock.addAndGet(Duration.ofMillis(1_100).toNanos());
        }
        assertThat(made.get()).isLessThan(3 * (SharedPage.UNSHARED_PER_SECOND + 3));
    }

    @Test
    void aSlowPageIsReusedForAsLongAsMakingItTook() {
        makingTakes = Duration.ofSeconds(4);
        get("text/plain");
        clock.addAndGet(Duration.ofSeconds(3).toNanos());
        get("text/plain");
        assertThat(made).hasValue(1);
        clock.addAndGet(Duration.ofSeconds(1).toNanos());
        get("text/plain");
        assertThat(made).hasValue(2);
    }
}
