package io.relaypod.lab.cli;

import java.io.PrintWriter;
import java.util.List;

import io.relaypod.lab.gateway.ReceivedMail;
import io.relaypod.lab.world.LabWorld;

/** Shows each mail that reaches Mailpit, a line a mail, until the process is told to stop. */
final class Arrivals {

    private static final int LOOK_AGAIN_MILLIS = 200;

    private final LabWorld world;
    private final PrintWriter out;

    Arrivals(LabWorld world, PrintWriter out) {
        this.world = world;
        this.out = out;
    }

    int show() {
        out.printf("Send to 127.0.0.1:%d, such as: swaks --server 127.0.0.1:%1$d --from a@example.com --to b@example.com%n"
            + "Domains that can receive mail here: example.com, gmail.com, booker.example. Ctrl-C stops.%n", world.relay().smtpAddress().getPort());
        out.flush();
        Runtime.getRuntime().addShutdownHook(new Thread(world::close, "shutdown"));
        int shown = 0;
        try {
            while (true) {
                List<ReceivedMail> mails = world.mailpit().messages();
                mails.subList(Math.min(shown, mails.size()), mails.size()).forEach(this::print);
                shown = mails.size();
                Thread.sleep(LOOK_AGAIN_MILLIS);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    private void print(ReceivedMail mail) {
        String subject = mail.text().lines().filter(line -> line.regionMatches(true, 0, "Subject:", 0, 8)).findFirst().orElse("Subject: (none)");
        out.printf("%s  <%s> -> %s%n", subject, mail.sender(), mail.recipients());
        out.flush();
    }
}
