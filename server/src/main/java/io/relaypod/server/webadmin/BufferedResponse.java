package io.relaypod.server.webadmin;

import java.io.IOException;
import javax.servlet.ServletOutputStream;
import javax.servlet.WriteListener;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpServletResponseWrapper;

/**
 * A response that Jetty sends after the handler has returned. So a client that does not read a short answer blocks no
 * thread. A flush or close by a route would wait for the client. For one thread.
 */
final class BufferedResponse extends HttpServletResponseWrapper {

    BufferedResponse(HttpServletResponse response) {
        super(response);
    }

    @Override
    public void flushBuffer() {
        // Jetty does it after the handler has returned
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
                // Jetty does it after the handler has returned
            }

            @Override
            public void close() {
                // Jetty does it after the handler has returned
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
