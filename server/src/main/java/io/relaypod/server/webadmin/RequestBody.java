package io.relaypod.server.webadmin;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import javax.servlet.AsyncContext;
import javax.servlet.AsyncEvent;
import javax.servlet.AsyncListener;
import javax.servlet.ReadListener;
import javax.servlet.ServletInputStream;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletRequestWrapper;

import io.relaypod.memory.Reservation;
import org.eclipse.jetty.http.HttpStatus;

/**
 * Reads a request's body asynchronously, up to a largest size and within a time limit. Each method is called by one
 * thread at a time.
 */
final class RequestBody implements ReadListener, AsyncListener {

    private static final String ATTRIBUTE = RequestBody.class.getName();
    private static final int CHUNK = 4096;

    private final AsyncContext exchange;
    private final ServletInputStream in;
    private final int most;
    private final Reservation memory;
    private final Consumer<AdminRefusal> refuse;
    private final ByteArrayOutputStream read = new ByteArrayOutputStream();
    private boolean isOver;

    private RequestBody(
            HttpServletRequest request, int most, Duration time, Reservation memory, Consumer<AdminRefusal> refuse)
            throws IOException {
        this.exchange = request.startAsync();
        this.in = request.getInputStream();
        this.most = most;
        this.memory = memory;
        this.refuse = refuse;
        exchange.setTimeout(time.toMillis());
        exchange.addListener(this);
        in.setReadListener(this);
    }

    /**
     * Dispatches the request again when its body has been read.
     *
     * @param most bytes
     * @param memory released when the exchange ends
     * @param refuse answers a request whose body is too long or too late
     */
    static void read(
            HttpServletRequest request, int most, Duration time, Reservation memory, Consumer<AdminRefusal> refuse)
            throws IOException {
        new RequestBody(request, most, time, memory, refuse);
    }

    /** The request with the body that was read before; empty if none was. */
    static Optional<HttpServletRequest> of(HttpServletRequest request) {
        return Optional.ofNullable((byte[]) request.getAttribute(ATTRIBUTE))
                .map(bytes -> new BufferedRequest(request, bytes));
    }

    @Override
    public synchronized void onDataAvailable() throws IOException {
        byte[] chunk = new byte[CHUNK];
        while (!isOver && in.isReady()) {
            int bytes = in.read(chunk);
            if (bytes < 0) {
                return;
            }
            if (read.size() + bytes > most) {
                end(AdminRefusal.of(
                        HttpStatus.PAYLOAD_TOO_LARGE_413, "the request's body is longer than " + most + " bytes"));
                return;
            }
            read.write(chunk, 0, bytes);
        }
    }

    @Override
    public synchronized void onAllDataRead() {
        if (!isOver) {
            isOver = true;
            exchange.getRequest().setAttribute(ATTRIBUTE, read.toByteArray());
            exchange.dispatch();
        }
    }

    @Override
    public synchronized void onError(Throwable brokenOff) {
        end(AdminRefusal.of(HttpStatus.BAD_REQUEST_400, "the request's body cannot be read"));
    }

    @Override
    public void onError(AsyncEvent event) {
        onError(event.getThrowable());
    }

    @Override
    public synchronized void onTimeout(AsyncEvent event) {
        end(AdminRefusal.of(HttpStatus.REQUEST_TIMEOUT_408, "the request's body did not come in time"));
    }

    private void end(AdminRefusal refusal) {
        if (!isOver) {
            isOver = true;
            refuse.accept(refusal);
            exchange.complete();
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        memory.close();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }

    /** A request whose body is in memory. */
    private static final class BufferedRequest extends HttpServletRequestWrapper {

        private final ByteArrayInputStream bytes;

        BufferedRequest(HttpServletRequest request, byte[] bytes) {
            super(request);
            this.bytes = new ByteArrayInputStream(bytes);
        }

        @Override
        public ServletInputStream getInputStream() {
            return new ServletInputStream() {

                @Override
                public int read() {
                    return bytes.read();
                }

                @Override
                public int read(byte[] buffer, int offset, int length) {
                    return bytes.read(buffer, offset, length);
                }

                @Override
                public boolean isFinished() {
                    return bytes.available() == 0;
                }

                @Override
                public boolean isReady() {
                    return true;
                }

                @Override
                public void setReadListener(ReadListener listener) {
                    throw new UnsupportedOperationException("the body is there already");
                }
            };
        }
    }
}
