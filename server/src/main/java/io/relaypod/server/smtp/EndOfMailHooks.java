package io.relaypod.server.smtp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.protocols.api.Response;
import org.apache.james.protocols.smtp.MailEnvelope;
import org.apache.james.protocols.smtp.SMTPSession;
import org.apache.james.protocols.smtp.core.AbstractHookableCmdHandler;
import org.apache.james.protocols.smtp.hook.HookResultHook;
import org.apache.james.protocols.smtp.hook.MessageHook;
import org.apache.james.smtpserver.JamesMessageHook;
import org.apache.mailet.Mail;

/**
 * Calls the hooks of smtpserver.xml at the end of a message, as James does: each {@link MessageHook}, then each
 * {@link JamesMessageHook}, and the {@link HookResultHook}s with each result. The first result that is not declined is
 * the reply. Immutable.
 *
 * @param messageHooks receive the bytes as they arrived
 * @param jamesHooks receive James' mail, and may change it
 * @param resultHooks receive the results of the others
 */
record EndOfMailHooks(List<MessageHook> messageHooks, List<JamesMessageHook> jamesHooks, ResultHooks resultHooks) {

    /** The interfaces of the hooks that are called here. */
    static final List<Class<?>> INTERFACES = List.of(MessageHook.class, JamesMessageHook.class, HookResultHook.class);

    static final EndOfMailHooks NONE = new EndOfMailHooks(List.of(), List.of(), ResultHooks.NONE);

    EndOfMailHooks {
        messageHooks = List.copyOf(messageHooks);
        jamesHooks = List.copyOf(jamesHooks);
    }

    /**
     * Returns the same hooks with these in place of those of their interface.
     *
     * @param extensions as James wires them
     */
    EndOfMailHooks with(Class<?> type, List<?> extensions) {
        if (type.equals(MessageHook.class)) {
            return new EndOfMailHooks(
                    extensions.stream().map(MessageHook.class::cast).toList(), jamesHooks, resultHooks);
        }
        return type.equals(JamesMessageHook.class)
                ? new EndOfMailHooks(
                        messageHooks,
                        extensions.stream().map(JamesMessageHook.class::cast).toList(),
                        resultHooks)
                : new EndOfMailHooks(messageHooks, jamesHooks, ResultHooks.of(extensions));
    }

    /** @return empty if all hooks decline: the mail is to be stored */
    Optional<Response> answer(SMTPSession session, Mail mail, ReceivedMessage message) {
        for (MessageHook hook : messageHooks) {
            long begin = System.nanoTime();
            Optional<Response> answer =
                    Optional.ofNullable(AbstractHookableCmdHandler.calcDefaultSMTPResponse(resultHooks.after(
                            session, hook, begin, hook.onMessage(session, new ArrivedEnvelope(mail, message)))));
            if (answer.isPresent()) {
                return answer;
            }
        }
        for (JamesMessageHook hook : jamesHooks) {
            long begin = System.nanoTime();
            Optional<Response> answer = Optional.ofNullable(AbstractHookableCmdHandler.calcDefaultSMTPResponse(
                    resultHooks.after(session, hook, begin, hook.onMessage(session, mail))));
            if (answer.isPresent()) {
                return answer;
            }
        }
        return Optional.empty();
    }

    /** The envelope of a mail, with its bytes as they arrived. */
    private record ArrivedEnvelope(Mail mail, ReceivedMessage message) implements MailEnvelope {

        @Override
        public long getSize() {
            return message.getMessageSize();
        }

        @Override
        public List<MailAddress> getRecipients() {
            return List.copyOf(mail.getRecipients());
        }

        @Override
        public MaybeSender getMaybeSender() {
            return mail.getMaybeSender();
        }

        @Override
        public OutputStream getMessageOutputStream() throws IOException {
            throw new IOException("the mail has ended; a JamesMessageHook may change it");
        }

        @Override
        public InputStream getMessageInputStream() throws IOException {
            return message.getInputStream();
        }
    }
}
