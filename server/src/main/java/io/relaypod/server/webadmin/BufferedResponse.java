package io.relaypod.server.webadmin;

import java.io.IOException;
import javax.servlet.ServletOutputStream;
import javax.servlet.WriteListener;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpServletResponseWrapper;

/**
 * A response that Jetty sends when the handler has returned, so that a client that does not read holds no thread while
 * it gets a short answer. A route's flush and close would wait for the client. For one thread.
 */
final class BufferedResponse extends HttpServletResponseWrapper {

    BufferedResponse(HttpServletResponse response) {
        super(response);
    }

    @Override
    public void flushBuffer() {
        // when the handler has returned
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
        ServletOutputStream out = super.getOutputStream();
        return new ServletOutputStream() {

            @Override
            public void write(int single) throws IOException {
                out.write(single);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                out.write(bytes, offset, length);
            }

            @Override
            public void flush() {
                // when the handler has returned
            }

            @Override
            public void close() {
                // when the handler has returned
            }

            @Override
            public boolean isReady() {
                return out.isReady();
            }

            @Override
            public void setWriteListener(WriteListener listener) {
                out.setWriteListener(listener);
            }
        };
    }
}
