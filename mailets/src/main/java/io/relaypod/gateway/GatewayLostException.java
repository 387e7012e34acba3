package io.relaypod.gateway;

/**
 * Goes with the failure of a delivery: the gateway, or its next hop, was lost when it had been given the whole mail.
 */
final class GatewayLostException extends Exception {

    private static final long serialVersionUID = 1L;

    GatewayLostException(String reply) {
        super(reply.isEmpty() ? "the gateway was lost after the end of the mail" : reply);
    }

    static boolean isIn(Exception failure) {
        for (Throwable marker : failure.getSuppressed()) {
            if (marker instanceof GatewayLostException) {
                return true;
            }
        }
        return false;
    }
}
