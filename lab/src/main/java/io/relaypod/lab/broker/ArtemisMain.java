package io.relaypod.lab.broker;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;

/** The main class of an {@link ArtemisProcess}: a broker with one user, configured by its arguments. */
final class ArtemisMain {

    static final String USER = "relaypod";
    static final String PASSWORD = "a secret";
    static final String STARTED = "started";

    private ArtemisMain() {}

    public static void main(String[] arguments) throws Exception {
        SecurityConfiguration users = new SecurityConfiguration();
        users.addUser(USER, PASSWORD);
        users.addRole(USER, "relaypod");
        EmbeddedActiveMQ broker = new EmbeddedActiveMQ()
                .setConfigResourcePath(Path.of(arguments[0]).toUri().toString())
                .setSecurityManager(new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
        broker.start();
        if (arguments.length == 1) {
            broker.getActiveMQServer().waitForActivation(1, TimeUnit.MINUTES);
        }
        System.out.println(STARTED);
        // The parent process holds the standard input. If the parent ends, the input ends, and so does the broker.
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        Runtime.getRuntime().halt(0);
    }
}
