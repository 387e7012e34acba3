package io.relaypod.server.smtp;

import java.util.concurrent.CompletableFuture;

import org.apache.james.protocols.api.ProtocolSession.AttachmentKey;
import org.apache.james.protocols.api.Response;

/**
 * A reply to the end of a mail that is not known yet. James has no such thing: who has one tells James that there is no reply, and
 * leaves it here for {@link RelayChannelHandler}, which lets the client's next lines wait.
 *
 * @param reply never fails
 * @param given to be run when the client has been told, or is gone
 */
record PendingReply(CompletableFuture<Response> reply, Runnable given) {

    static final AttachmentKey<PendingReply> KEY = AttachmentKey.of("relaypod.pendingReply", PendingReply.class);
}
