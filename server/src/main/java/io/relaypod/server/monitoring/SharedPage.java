package io.relaypod.server.monitoring;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * Limits how often a page is made, so that no number of requests takes more processor, memory or threads than a few
 * requests do. A page is made once for all requests that come in the time that making it took. If there are more than
 * ten requests a second, it is made once a second. Thread-safe.
 */
final class SharedPage implements Page {

    static final int UNSHARED_PER_SECOND = 10;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Page page;
    private final LongSupplier nanoClock;
    private final ConcurrentMap<String, CachedPage> made = new ConcurrentHashMap<>();
    private long second;
    private int asked;

    /**
     * A page that was made.
     *
     * @param begun when making it began
     * @param ended when it was made
     */
    private record CachedPage(long begun, long ended, PageResponse answer) {

        boolean holds(long now, boolean isShared) {
            return now - ended < ended - begun || isShared && now - begun <= SECOND;
        }
    }

    SharedPage(Page page) {
        this(page, System::nanoTime);
    }

    SharedPage(Page page, LongSupplier nanoClock) {
        this.page = page;
        this.nanoClock = nanoClock;
    }

    @Override
    public PageResponse get(HttpHeaders request) {
        boolean isShared = countRequest() > UNSHARED_PER_SECOND;
        String form = page.form(request);
        return last(form, isShared).orElseGet(() -> make(request, form, isShared));
    }

    private Optional<PageResponse> last(String form, boolean isShared) {
        return Optional.ofNullable(made.get(form))
                .filter(last -> last.holds(nanoClock.getAsLong(), isShared))
                .map(CachedPage::answer);
    }

    // One thread at a time: the others find the page that it made.
    private synchronized PageResponse make(HttpHeaders request, String form, boolean isShared) {
        return last(form, isShared).orElseGet(() -> {
            long begun = nanoClock.getAsLong();
            PageResponse answer = page.get(request);
            made.put(form, new CachedPage(begun, nanoClock.getAsLong(), answer));
            return answer;
        });
    }

    private int countRequest() {
        synchronized (made) {
            long now = nanoClock.getAsLong() / SECOND;
            if (now != second) {
                second = now;
                asked = 0;
                made.values().removeIf(page -> !page.holds(nanoClock.getAsLong(), true));
            }
            return ++asked;
        }
    }
}
