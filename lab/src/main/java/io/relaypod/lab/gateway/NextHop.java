package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;

import io.relaypod.lab.smtp.Reply;
import io.relaypod.lab.smtp.SmtpConversation;

/**
 * Relays messages as Mailpit does: one connection for each message, one RCPT after another, and no further command
 * after the first refusal. Immutable.
 */
final class NextHop {

    /** Mailpit's reply if the next hop gave none that Mailpit can forward. */
    static final String UNABLE = "451 4.3.5 Unable to process mail";

    /** The next hop did not accept the message. Has the reply that Mailpit forwards. */
    static final class Failure extends Exception {

        private final String reply;

        Failure(String reply) {
            super(reply);
            this.reply = reply;
        }

        String reply() {
            return reply;
        }
    }

    private final InetSocketAddress address;
    private final boolean stopAtRefusedRecipient;
    private final String hostname;

    NextHop(InetSocketAddress address, boolean stopAtRefusedRecipient, String hostname) {
        this.address = address;
        this.stopAtRefusedRecipient = stopAtRefusedRecipient;
        this.hostname = hostname;
    }

    void pass(String sender, List<String> recipients, byte[] mail) throws Failure {
        try (SmtpConversation smtp = SmtpConversation.connect(address)) {
            Reply hello = greeted(smtp);
            require(smtp.send("MAIL FROM:<" + sender + ">" + parameters(hello)), 250);
            for (String recipient : recipients) {
                Reply reply = smtp.send("RCPT TO:<" + recipient + ">");
                if (stopAtRefusedRecipient) {
                    require(reply, 250, 251);
                }
            }
            require(smtp.send("DATA"), 354);
            require(smtp.content(mail), 250);
            require(smtp.send("QUIT"), 221);
        } catch (IOException e) {
            throw new Failure(UNABLE);
        }
    }

    /** For Mailpit a refusal before MAIL is a connection error, so the text is not forwarded. */
    private Reply greeted(SmtpConversation smtp) throws IOException, Failure {
        if (smtp.banner().code() == 220) {
            Reply ehlo = smtp.send("EHLO " + hostname);
            if (ehlo.code() == 250) {
                return ehlo;
            }
            Reply helo = smtp.send("HELO " + hostname);
            if (helo.code() == 250) {
                return helo;
            }
        }
        throw new Failure(UNABLE);
    }

    private static String parameters(Reply hello) {
        return (offers(hello, "8BITMIME") ? " BODY=8BITMIME" : "") + (offers(hello, "SMTPUTF8") ? " SMTPUTF8" : "");
    }

    private static boolean offers(Reply hello, String extension) {
        return hello.lines().stream()
                .anyMatch(line -> line.length() > 4 && line.substring(4).equals(extension));
    }

    private static void require(Reply reply, int... codes) throws Failure {
        for (int code : codes) {
            if (reply.code() == code) {
                return;
            }
        }
        // Mailpit forwards only replies of one line.
        throw new Failure(reply.lines().size() == 1 ? reply.lines().get(0) : UNABLE);
    }
}
