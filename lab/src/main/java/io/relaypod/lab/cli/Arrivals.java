package io.relaypod.lab.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.CountDownLatch;

import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.world.LabWorld;
import io.relaypod.server.settings.WebAdminSettings;

/** Prints a line for each message that Graph accepts, until the process is stopped. */
final class Arrivals {

    private final LabWorld world;
    private final PrintWriter out;

    Arrivals(LabWorld world, PrintWriter out) {
        this.world = world;
        this.out = out;
    }

    int show() throws InterruptedException, IOException {
        MailViewer viewer = MailViewer.start();
        out.printf(
                "Send to 127.0.0.1:%d, such as: swaks --server 127.0.0.1:%1$d --from a@example.com --to b@example.com%n"
                        + "Domains that can receive mail here: example.com, gmail.com, booker.example. Ctrl-C stops.%n",
                world.relay().smtpAddress().getPort());
        world.relay().metricsPort().ifPresent(port -> out.printf("Status page  http://127.0.0.1:%d/%n", port));
        if (world.relay().webadminPort().isPresent()
                && world.settings().webadmin().isPresent()) {
            out.printf(
                    "Search page  http://127.0.0.1:%d/relay/search  any user, password %s%n",
                    world.relay().webadminPort().get(),
                    WebAdminSettings.password(world.settings().webadmin().get().credentials()));
        }
        out.printf("Mail viewer  %s%n", viewer.address());
        out.flush();
        world.graph().onMail(mail -> {
            viewer.add(mail);
            print(mail);
        });
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            viewer.close();
                            world.close();
                            stopped.countDown();
                        },
                        "shutdown"));
        stopped.await();
        return 0;
    }

    private synchronized void print(GraphMail mail) {
        out.printf(
                "\"%s\"  envelope %s  Graph delivers to %s%n",
                mail.subject(), envelope(mail), String.join(", ", mail.deliveredTo()));
        out.flush();
    }

    /** The envelope with which Mailpit received the message. */
    private String envelope(GraphMail mail) {
        String id = messageId(mail.text());
        return world.mailpit().messages().stream()
                .filter(stored -> messageId(stored.text()).equals(id))
                .reduce((earlier, later) -> later)
                .map(stored -> "<" + stored.sender() + "> -> " + String.join(", ", stored.recipients()))
                .orElse("not yet stored");
    }

    private static String messageId(String mail) {
        return mail.lines()
                .takeWhile(line -> !line.isEmpty())
                .filter(line -> line.regionMatches(true, 0, "Message-ID:", 0, 11))
                .findFirst()
                .orElse("");
    }
}
