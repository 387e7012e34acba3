package io.relaypod.server.xml;

/** Names the file, the line where known, and what is wrong there. */
public final class InvalidXmlException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InvalidXmlException(String message, Throwable cause) {
        super(message, cause);
    }
}
