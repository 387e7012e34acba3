package io.relaypod.server.monitoring;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * Limits how often a page is made, so that many requests cost no more processor time, memory or threads than a few. If
 * making a page took some time, the page is reused for the same time. If more than ten requests arrive in a second, the
 * page is made once a second. Thread-safe.
 */
final class SharedPage implements Page {

    static final int UNSHARED_PER_SECOND = 10;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Page page;
    private final LongSupplier nanoClock;
    private final ConcurrentMap<String, CachedPage> made = new ConcurrentHashMap<>();
    private long second;
    private int requests;

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

    // One thread at a time. The threads that waited find the page that the first one made.
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
                requests = 0;
                made.values().removeIf(page -> !page.holds(nanoClock.getAsLong(), true));
            }
            return ++requests;
        }
    }
}
