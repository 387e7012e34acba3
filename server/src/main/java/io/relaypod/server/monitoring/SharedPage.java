package io.relaypod.server.monitoring;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

import io.netty.handler.codec.http.HttpHeaders;

/**
 * A page that is made anew for each request, unless it is asked for more than ten times a second: then for one second's
 * requests once, so that no number of requests takes more of the processor or the memory than a few do. Thread-safe.
 */
final class SharedPage implements Page {

    static final int ALONE_A_SECOND = 10;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final Page page;
    private final LongSupplier nanoClock;
    private final Map<String, CachedPage> made = new HashMap<>();
    private long second;
    private int asked;

    private record CachedPage(long at, PageResponse answer) {}

    SharedPage(Page page) {
        this(page, System::nanoTime);
    }

    SharedPage(Page page, LongSupplier nanoClock) {
        this.page = page;
        this.nanoClock = nanoClock;
    }

    @Override
    public PageResponse get(HttpHeaders request) {
        String form = page.form(request);
        long now = nanoClock.getAsLong();
        return last(form, now).map(CachedPage::answer).orElseGet(() -> make(request, form, now));
    }

    private PageResponse make(HttpHeaders request, String form, long now) {
        PageResponse answer = page.get(request);
        synchronized (this) {
            made.put(form, new CachedPage(now, answer));
        }
        return answer;
    }

    private synchronized Optional<CachedPage> last(String form, long now) {
        if (now / SECOND != second) {
            second = now / SECOND;
            asked = 0;
        }
        made.values().removeIf(each -> now - each.at() > SECOND);
        asked++;
        return Optional.ofNullable(made.get(form)).filter(shared -> asked > ALONE_A_SECOND);
    }
}
