package io.relaypod.server.queue.broker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.server.settings.InvalidSettingsException;
import io.relaypod.server.settings.Variable;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.QueueConfiguration;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.api.core.client.ActiveMQClient;
import org.apache.activemq.artemis.api.core.client.ServerLocator;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.MetricsConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.io.aio.AIOSequentialFileFactory;
import org.apache.activemq.artemis.core.remoting.impl.invm.InVMAcceptorFactory;
import org.apache.activemq.artemis.core.remoting.impl.invm.InVMConnectorFactory;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.core.settings.impl.AddressFullMessagePolicy;
import org.apache.activemq.artemis.core.settings.impl.AddressSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An Artemis broker in this process, without a port and without JMX. Its journal is synced before an enqueue is
 * confirmed.
 *
 * <pre>{@code
 * try (Broker broker = EmbeddedBroker.start(dataDir, timeout, meters)) { ... }
 * }</pre>
 */
public final class EmbeddedBroker implements Broker {

    private static final Logger LOGGER = LoggerFactory.getLogger(EmbeddedBroker.class);

    private static final String SERVER_ID = "serverId";
    private static final AtomicInteger NEXT_ID = new AtomicInteger();

    private static final int JOURNAL_FILE = 10 << 20;
    // Two are made at the start. All of what is in them is in the heap while they are loaded.
    private static final int JOURNAL_FILES_TO_LOAD = 3;
    // One sync completes all writes that wait. A single write waits this long for others.
    private static final int SYNC_AT_MOST_EVERY = (int) TimeUnit.MICROSECONDS.toNanos(500);
    // Memory, as Artemis counts it, for ready mails, for each waiting queue, and for all. Further mails are in page
    // files only. The heap needs 1.6 times as much: docs/memory.md.
    private static final long READY_IN_MEMORY = 4 << 20;
    private static final long WAITING_IN_MEMORY = 512 << 10;
    private static final long ALL_IN_MEMORY = 12 << 20;
    private static final int PAGE = 512 << 10;
    // Answers and mails are kept for so long.
    private static final int CONFIRMATION_WINDOW = 128 << 10;
    private static final int PRODUCER_WINDOW = 1 << 20;
    private static final int FETCHED_AHEAD = 128 << 10;
    // No mail expires and none is delivered too often. If Artemis decided otherwise, the mail would be here.
    private static final SimpleString KEPT = SimpleString.of("relaypod.kept");
    private static final int UNLIMITED = -1;
    private static final int NO_DISK_LIMIT = -1;
    private static final long DISK_RESERVE = 64L << 20;
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    // So many bytes must fit on a failed disk before the broker is started on it again.
    private static final int PROBE = 1 << 20;
    private static final int PROBE_BUFFER = 64 << 10;

    private final Path directory;
    private final int id = NEXT_ID.incrementAndGet();
    private final Duration timeout;
    private final FileChannel lockFile;
    private final FreeSpace freeSpace;
    private final MeterRegistry meters;
    private final ServerLocator locator = locator(id);
    private final ReentrantLock starting = new ReentrantLock();
    private EmbeddedActiveMQ artemis;
    private volatile boolean isBroken;

    private EmbeddedBroker(
            Path directory, Duration timeout, FileChannel lockFile, FreeSpace freeSpace, MeterRegistry meters)
            throws IOException {
        this.meters = meters;
        this.directory = directory;
        this.timeout = timeout;
        this.lockFile = lockFile;
        this.freeSpace = freeSpace;
        this.artemis = startArtemis();
    }

    /**
     * Starts with the queues on the disk, or with none. A journal whose last write was cut short is read up to the cut.
     *
     * @param dataDir the queues are in its subdirectory {@code queue}
     * @param timeout the time limit for storing a client's mail
     * @param meters the registry of Artemis' gauges
     * @throws InvalidSettingsException if another process uses the directory
     * @throws QueueUnavailableException if the queues on the disk cannot be opened
     */
    public static EmbeddedBroker start(Path dataDir, Duration timeout, MeterRegistry meters) {
        return start(dataDir, timeout, DISK_RESERVE, meters);
    }

    /** @param diskReserve bytes that must be free in the directory for a mail to be accepted */
    public static EmbeddedBroker start(Path dataDir, Duration timeout, long diskReserve, MeterRegistry meters) {
        Path directory = dataDir.resolve("queue");
        FileChannel lockFile = lock(dataDir, directory);
        try {
            return new EmbeddedBroker(directory, timeout, lockFile, FreeSpace.of(directory, diskReserve), meters);
        } catch (IOException failure) {
            unlock(lockFile);
            throw new QueueUnavailableException("the queues in " + directory + " cannot be opened", failure);
        }
    }

    private EmbeddedActiveMQ startArtemis() throws IOException {
        Path journal = Files.createDirectories(directory.resolve("journal"));
        if (journalType(journal) == JournalType.ASYNCIO) {
            try {
                return startArtemis(JournalType.ASYNCIO);
            } catch (IOException refused) {
                // The kernel limits these requests for all processes together, and a sandbox may forbid them.
                LOGGER.warn("event=journal-by-nio reason=\"{}\"", refused.getMessage());
            }
        }
        return startArtemis(JournalType.NIO);
    }

    private EmbeddedActiveMQ startArtemis(JournalType journalType) throws IOException {
        EmbeddedActiveMQ started = new EmbeddedActiveMQ()
                .setConfiguration(configuration(directory, id, journalType)
                        .setMetricsConfiguration(
                                new MetricsConfiguration().setJvmMemory(false).setPlugin(new ArtemisMeters(meters))));
        try {
            TruncatedJournal.find(directory.resolve("journal"))
                    .ifPresent(cut -> LOGGER.warn(
                            "event=journal-cut file={} sound-bytes={} dropped-bytes={}"
                                    + " reason=\"the last write was not finished, and was not confirmed\"",
                            cut.file(),
                            cut.at(),
                            cut.bytes()));
            compactJournal();
            started.createActiveMQServer();
            // Set before the start, because the broker may fail while it reads.
            started.getActiveMQServer()
                    .registerIOCriticalErrorListener((failure, message, file) -> broken(failure, message, file));
            started.start();
            if (!started.getActiveMQServer().waitForActivation(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("the broker did not become active");
            }
            return started;
        } catch (Exception failure) {
            stop(started);
            throw new IOException("the broker did not start: " + failure.getMessage(), failure);
        }
    }

    private void compactJournal() throws IOException {
        JournalCompaction compaction = new JournalCompaction(directory.resolve("journal"), JOURNAL_FILE);
        long before = compaction.files();
        if (before <= JOURNAL_FILES_TO_LOAD) {
            return;
        }
        try {
            compaction.run();
            LOGGER.info("event=journal-compacted files-before={} files={}", before, compaction.files());
        } catch (IOException failed) {
            // It needs room on the disk. Artemis may be able to load the journal as it is.
            LOGGER.warn("event=journal-not-compacted files={} reason=\"{}\"", before, failed.getMessage(), failed);
        }
    }

    // Artemis stops itself; connect() starts it again.
    private void broken(Throwable failure, String message, String file) {
        LOGGER.error("event=queue-stopped file={} reason=\"{}\"", file, message, failure);
        isBroken = true;
    }

    private static FileChannel lock(Path dataDir, Path directory) {
        try {
            Files.createDirectories(directory);
            FileChannel file =
                    FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(file).isEmpty()) {
                unlock(file);
                throw new InvalidSettingsException(Variable.DATA_DIR + " is '" + dataDir
                        + "'; another relaypod is running on it; give each its own");
            }
            return file;
        } catch (IOException noLock) {
            throw new QueueUnavailableException("the queues in " + directory + " cannot be opened", noLock);
        }
    }

    private static Optional<FileLock> tryLock(FileChannel file) throws IOException {
        try {
            return Optional.ofNullable(file.tryLock());
        } catch (OverlappingFileLockException inThisProcess) {
            return Optional.empty();
        }
    }

    private static void unlock(FileChannel lockFile) {
        try {
            lockFile.close();
        } catch (IOException closed) {
            LOGGER.debug("lock file was closed already", closed);
        }
    }

    private static Configuration configuration(Path directory, int id, JournalType journalType) {
        Path journal = directory.resolve("journal");
        Configuration configuration = new ConfigurationImpl()
                .setPersistenceEnabled(true)
                .setJournalDirectory(journal.toString())
                .setBindingsDirectory(directory.resolve("bindings").toString())
                .setPagingDirectory(directory.resolve("paging").toString())
                .setLargeMessagesDirectory(directory.resolve("large").toString())
                .setNodeManagerLockDirectory(journal.toString())
                .setJournalType(journalType)
                .setJournalFileSize(JOURNAL_FILE)
                .setJournalMinFiles(2)
                .setJournalPoolFiles(4)
                .setJournalBufferTimeout_NIO(SYNC_AT_MOST_EVERY)
                .setJournalBufferTimeout_AIO(SYNC_AT_MOST_EVERY)
                .setPageSyncTimeout(SYNC_AT_MOST_EVERY)
                .setJournalSyncTransactional(true)
                .setJournalSyncNonTransactional(true)
                .setMaxDiskUsage(NO_DISK_LIMIT)
                .setGlobalMaxSize(ALL_IN_MEMORY)
                .setCriticalAnalyzer(false)
                .setMessageExpiryScanPeriod(UNLIMITED)
                .setSecurityEnabled(false)
                .setJMXManagementEnabled(false)
                .setName("relaypod")
                .addAcceptorConfiguration(
                        new TransportConfiguration(InVMAcceptorFactory.class.getName(), Map.of(SERVER_ID, id)))
                .addAddressSetting("#", queues(WAITING_IN_MEMORY))
                .addQueueConfiguration(QueueConfiguration.of(KEPT).setRoutingType(RoutingType.ANYCAST));
        configuration.registerBrokerPlugin(new ConsumerCloseGuard());
        BrokerQueue.ALL_READY.forEach(addresses -> configuration.addAddressSetting(addresses, queues(READY_IN_MEMORY)));
        return configuration;
    }

    private static AddressSettings queues(long inMemory) {
        return new AddressSettings()
                .setAddressFullMessagePolicy(AddressFullMessagePolicy.PAGE)
                .setMaxSizeBytes(inMemory)
                .setPageSizeBytes(PAGE)
                .setMaxReadPageBytes(UNLIMITED)
                .setPrefetchPageBytes(PAGE)
                .setMaxDeliveryAttempts(UNLIMITED)
                .setDeadLetterAddress(KEPT)
                .setExpiryAddress(KEPT)
                .setAutoCreateQueues(false)
                .setAutoDeleteAddresses(false)
                .setAutoDeleteQueues(false);
    }

    /**
     * ASYNCIO if the system has libaio and the disk accepts writes past its cache. Both types write the same journal.
     */
    public static JournalType journalType(Path journal) {
        return AIOSequentialFileFactory.isSupported(journal.toFile()) ? JournalType.ASYNCIO : JournalType.NIO;
    }

    private static ServerLocator locator(int id) {
        return ActiveMQClient.createServerLocatorWithoutHA(
                        new TransportConfiguration(InVMConnectorFactory.class.getName(), Map.of(SERVER_ID, id)))
                // Without it, a send would be confirmed before the broker has received it.
                .setConfirmationWindowSize(CONFIRMATION_WINDOW)
                .setProducerWindowSize(PRODUCER_WINDOW)
                .setReconnectAttempts(0)
                .setFailoverAttempts(0)
                .setConsumerWindowSize(FETCHED_AHEAD)
                .setCallTimeout(CALL_TIMEOUT.toMillis());
    }

    @Override
    public List<BrokerConnection> connect(int count) throws ActiveMQException {
        starting.lock();
        try {
            if (isBroken || !artemis.getActiveMQServer().isStarted()) {
                startAgain();
            }
            List<BrokerConnection> connections = new ArrayList<>();
            while (connections.size() < count) {
                connections.add(new BrokerConnection(locator.createSessionFactory(), "", ""));
            }
            return connections;
        } catch (Exception refused) {
            throw BrokerRefusedException.orElse(refused);
        } finally {
            starting.unlock();
        }
    }

    private void startAgain() throws IOException, InsufficientStorageException {
        stop(artemis);
        freeSpace.check();
        Path probe = directory.resolve("probe");
        try (FileChannel file = FileChannel.open(
                probe, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            ByteBuffer zeros = ByteBuffer.allocate(PROBE_BUFFER);
            for (int written = 0; written < PROBE; ) {
                written += file.write(zeros.clear());
            }
            file.force(true);
        }
        // Failures from here on are reported.
        isBroken = false;
        try {
            artemis = startArtemis();
        } catch (IOException failure) {
            isBroken = true;
            throw failure;
        }
        LOGGER.info("event=queue-restarted directory={}", directory);
    }

    @Override
    public void poll(BrokerManagement management) {
        // the disk is checked when a mail arrives
    }

    @Override
    public Duration timeout() {
        return timeout;
    }

    /** A journal that answers late still stores the message. */
    @Override
    public boolean resendsUnconfirmed() {
        return false;
    }

    @Override
    public boolean isShared() {
        return false;
    }

    @Override
    public void checkStorage() throws InsufficientStorageException {
        freeSpace.check();
    }

    @Override
    public void close() {
        starting.lock();
        try {
            locator.close();
            stop(artemis);
            unlock(lockFile);
        } finally {
            starting.unlock();
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }

    private static void stop(EmbeddedActiveMQ artemis) {
        try {
            artemis.stop();
        } catch (Exception failure) {
            LOGGER.warn("event=queue-not-closed reason=\"{}\"", failure.getMessage(), failure);
        }
    }
}
