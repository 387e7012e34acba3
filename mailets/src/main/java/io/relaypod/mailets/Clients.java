package io.relaypod.mailets;

import java.util.Collection;
import java.util.List;

import io.relaypod.events.Client;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.ProtocolSession.State;
import org.apache.james.protocols.smtp.SMTPSession;

/** James' sessions and addresses in the words of {@link io.relaypod.events}. */
public final class Clients {

    private Clients() {}

    public static Client of(SMTPSession session) {
        return new Client(session.getSessionID(), session.getRemoteAddress().getAddress());
    }

    /** Of the session's transaction; empty for {@code MAIL FROM:<>}. */
    public static String sender(SMTPSession session) {
        return session.getAttachment(SMTPSession.SENDER, State.Transaction)
                .orElse(MaybeSender.nullSender())
                .asString("");
    }

    /** Those of the session's transaction that were accepted. */
    public static List<String> recipients(SMTPSession session) {
        return addresses(
                session.getAttachment(SMTPSession.RCPT_LIST, State.Transaction).orElse(List.of()));
    }

    public static List<String> addresses(Collection<MailAddress> addresses) {
        return addresses.stream().map(MailAddress::asString).toList();
    }
}
