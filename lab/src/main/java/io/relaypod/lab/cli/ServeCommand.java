package io.relaypod.lab.cli;

import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

import io.relaypod.lab.dns.LabDns;
import io.relaypod.lab.graph.GraphMail;
import io.relaypod.lab.graph.GraphStandIn;
import io.relaypod.lab.world.LabWorld;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The lab's container in the demo: Microsoft's login, Graph, and a DNS server for machines without one. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Simulate Microsoft's login and Graph (as smtp2graph's httpProxy) and a DNS server, and print each message that Graph would deliver.")
final class ServeCommand implements Callable<Integer> {

    @Option(
            names = "--graph-port",
            defaultValue = "3128",
            description = "Port of 127.0.0.1 for login and Graph (default: ${DEFAULT-VALUE}).")
    private int graphPort;

    @Option(
            names = "--dns-port",
            defaultValue = "5300",
            description = "Port of 127.0.0.1 for DNS (default: ${DEFAULT-VALUE}).")
    private int dnsPort;

    @Option(names = "--send-to", paramLabel = "HOST:PORT", description = "A relay to send sample messages to.")
    private Optional<String> relay = Optional.empty();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(stopped::countDown, "shutdown"));
        try (GraphStandIn graph = GraphStandIn.start(graphPort);
                LabDns dns = LabDns.at(dnsPort, LabWorld.zone())) {
            graph.onMail(mail -> print(out, mail));
            out.printf("login and Graph at %s, DNS at %s%n", graph.address(), dns.address());
            out.flush();
            if (relay.isPresent() && !new SampleMails(HostAndPort.parse("--send-to", relay.get()), out).send()) {
                out.printf(
                        "The relay's DNS server does not know the domains of these samples. Set DNS_SERVERS=127.0.0.1:%d to use the lab's.%n",
                        dns.address().getPort());
                out.flush();
            }
            stopped.await();
        }
        return 0;
    }

    private static void print(PrintWriter out, GraphMail mail) {
        synchronized (out) {
            out.printf(
                    "Graph: \"%s\" from %s, delivered to %s%n",
                    mail.subject(), mail.mailbox(), String.join(", ", mail.deliveredTo()));
            out.flush();
        }
    }
}
