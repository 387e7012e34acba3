package io.relaypod.smtpclient;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** One mail transaction (RFC 5321 section 3.3). For one use, by one thread. */
final class MailTransaction {

    // RFC 2920 section 3.1: neither side may block in a write while the other does.
    private static final int LARGEST_GROUP = 100;
    private static final SmtpReply NO_SMTPUTF8 =
            new SmtpReply(553, "553 5.6.7 the server does not offer SMTPUTF8, which an address of the envelope needs");

    private final CommandChannel channel;
    private final Map<String, String> extensions;
    private final SmtpEnvelope envelope;
    private final MessageContent content;
    private final RecipientOutcome[] outcomes;
    private TransactionStage stage = TransactionStage.MAIL;

    /** @param extensions that the server offers; the keys are in upper case */
    MailTransaction(
            CommandChannel channel, Map<String, String> extensions, SmtpEnvelope envelope, MessageContent content) {
        this.channel = channel;
        this.extensions = extensions;
        this.envelope = envelope;
        this.content = content;
        this.outcomes = new RecipientOutcome[envelope.recipients().size()];
        setAll(RecipientOutcome.notAttempted());
    }

    /**
     * Runs the transaction and returns its result, also if the connection is lost.
     *
     * @param beforeReply is run when the whole message was sent
     */
    TransactionResult run(Runnable beforeReply) {
        try {
            if (!envelope.isAscii() && !extensions.containsKey("SMTPUTF8")) {
                setAll(RecipientOutcome.of(NO_SMTPUTF8));
                return result();
            }
            if (channel.hasUnread()) {
                throw new IOException("the server sent a reply without a command");
            }
            sendEnvelope();
            if (stage == TransactionStage.DATA) {
                sendMessage(beforeReply);
            }
        } catch (IOException lost) {
            channel.markBroken();
            setLost(lost);
        } catch (RuntimeException | Error failure) {
            channel.markBroken();
            throw failure;
        }
        return result();
    }

    private TransactionResult result() {
        return new TransactionResult(stage, List.of(outcomes));
    }

    /** Reaches {@link TransactionStage#DATA} if the server accepts the sender and all recipients. */
    private void sendEnvelope() throws IOException {
        if (channel.needsReset() && !extensions.containsKey("PIPELINING")) {
            requireReset(channel.ask("RSET"));
        } else if (channel.needsReset()) {
            channel.write("RSET");
        }
        boolean isResetPending = channel.needsReset() && extensions.containsKey("PIPELINING");
        channel.setNeedsReset(true);
        List<String> commands = new ArrayList<>();
        commands.add(mail());
        envelope.recipients().forEach(recipient -> commands.add(rcpt(recipient)));
        int group = extensions.containsKey("PIPELINING") ? LARGEST_GROUP : 1;
        for (int begin = 0; begin < commands.size(); begin += group) {
            List<String> pipelined = commands.subList(begin, Math.min(begin + group, commands.size()));
            for (String command : pipelined) {
                channel.write(command);
            }
            if (isResetPending) {
                requireReset(channel.reply());
                isResetPending = false;
            }
            if (!readReplies(begin, pipelined.size())) {
                return;
            }
        }
        if (Arrays.stream(outcomes).allMatch(outcome -> outcome.is(DeliveryStatus.DELIVERED))) {
            stage = TransactionStage.DATA;
        } else {
            setAcceptedNotAttempted();
        }
    }

    /**
     * Reads the replies to MAIL, if {@code begin} is 0, and to RCPT.
     *
     * @return whether further commands may follow
     */
    private boolean readReplies(int begin, int count) throws IOException {
        boolean isSenderAccepted = true;
        for (int at = begin; at < begin + count; at++) {
            SmtpReply reply = channel.reply();
            if (at == 0) {
                isSenderAccepted = reply.isPositive();
                if (!isSenderAccepted) {
                    setAll(outcome(reply));
                }
            } else if (isSenderAccepted) {
                stage = TransactionStage.RCPT;
                outcomes[at - 1] = reply.isTooManyRecipients() ? RecipientOutcome.deferred(reply) : outcome(reply);
            }
            if (channel.isBroken()) {
                setAcceptedNotAttempted();
                return false;
            }
        }
        return isSenderAccepted;
    }

    // RFC 5321 section 4.1.1.5: the reply is 250. Any other one belongs to another command.
    private void requireReset(SmtpReply reply) throws IOException {
        if (!reply.isPositive()) {
            throw unexpected(reply);
        }
    }

    private String mail() {
        StringBuilder command =
                new StringBuilder("MAIL FROM:<").append(envelope.sender()).append('>');
        if (!envelope.isAscii()) {
            command.append(" SMTPUTF8");
        }
        if (extensions.containsKey("DSN")) {
            envelope.ret().ifPresent(ret -> command.append(" RET=").append(ret));
            envelope.envid().ifPresent(envid -> command.append(" ENVID=").append(envid));
        }
        return command.toString();
    }

    private String rcpt(SmtpRecipient recipient) {
        String command = "RCPT TO:<" + recipient.address() + ">";
        return extensions.containsKey("DSN")
                ? command
                        + recipient
                                .notifications()
                                .map(wanted -> " NOTIFY=" + wanted)
                                .orElse("")
                : command;
    }

    private void sendMessage(Runnable beforeReply) throws IOException {
        SmtpReply reply = channel.ask("DATA");
        if (!reply.isIntermediate()) {
            if (reply.isPositive()) {
                throw unexpected(reply);
            }
            setAll(outcome(reply));
            return;
        }
        MessageDataOutput data = new MessageDataOutput(channel.content());
        try {
            content.writeTo(data);
        } catch (IOException unreadable) {
            if (data.hasFailed()) {
                throw unreadable;
            }
            // The end of data must not follow a part of the message.
            channel.markBroken();
            setAll(RecipientOutcome.deferred(
                    DeferralReason.UNKNOWN, "the message could not be read: " + unreadable.getMessage()));
            return;
        }
        data.endLine();
        stage = TransactionStage.END_OF_DATA;
        beforeReply.run();
        data.end();
        reply = channel.replyToEndOfData();
        setAll(outcome(reply));
        channel.setNeedsReset(!reply.isPositive());
    }

    private RecipientOutcome outcome(SmtpReply reply) throws IOException {
        if (!reply.isPositive() && !reply.isTemporaryFailure() && !reply.isPermanentFailure()) {
            throw unexpected(reply);
        }
        return RecipientOutcome.of(reply);
    }

    private IOException unexpected(SmtpReply reply) {
        return new IOException("unexpected reply '" + reply.text() + "'");
    }

    private void setAll(RecipientOutcome outcome) {
        Arrays.fill(outcomes, outcome);
    }

    private void setAcceptedNotAttempted() {
        for (int at = 0; at < outcomes.length; at++) {
            if (outcomes[at].is(DeliveryStatus.DELIVERED)) {
                outcomes[at] = RecipientOutcome.notAttempted();
            }
        }
    }

    // A recipient that the server has refused stays refused.
    private void setLost(IOException lost) {
        String text = "connection lost"
                + (stage == TransactionStage.END_OF_DATA ? " after the end of data: " : ": ")
                + lost.getMessage();
        for (int at = 0; at < outcomes.length; at++) {
            if (!outcomes[at].is(DeliveryStatus.REFUSED)) {
                outcomes[at] = RecipientOutcome.deferred(DeferralReason.UNREACHABLE, text);
            }
        }
    }
}
