package io.relaypod.server.queue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import org.apache.commons.io.input.CircularInputStream;
import org.apache.james.server.core.MailImpl;
import org.apache.james.server.core.MimeMessageSource;
import org.apache.james.server.core.MimeMessageWrapper;

/**
 * A process that puts mails into a queue and prints the name of each one that it was told is stored. Without a count it
 * goes on until it is killed.
 */
final class QueueProcess {

    private static final int THREADS = 8;
    private static final String FOR_EVER = "-1";

    /** What a child process said, and how it ended. */
    record Ended(List<String> lines, int exitCode) {}

    /** Kills the process, as kill -9 does, when it has said so many lines. */
    static Ended killedAfter(int lines, Path dataDir, String prefix) throws IOException, InterruptedException {
        Process process = start(List.of(), dataDir, prefix, FOR_EVER, "0", "100");
        List<String> said = new ArrayList<>();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.add(line);
                if (said.size() == lines) {
                    process.toHandle().destroyForcibly();
                }
            }
        }
        return new Ended(said, process.waitFor());
    }

    /** Puts so many mails of so many bytes into the queue, to wait for so long, with a heap of that size. */
    static Ended ran(String heap, Path dataDir, int mails, Duration delay, int size)
            throws IOException, InterruptedException {
        Process process = start(
                List.of("-Xmx" + heap),
                dataDir,
                "mail",
                Integer.toString(mails),
                Long.toString(delay.toMillis()),
                Integer.toString(size));
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            return new Ended(out.lines().toList(), process.waitFor());
        }
    }

    private static Process start(List<String> options, Path dataDir, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(1, options);
        command.add(QueueProcess.class.getName());
        command.add(dataDir.toString());
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    public static void main(String[] arguments) throws Exception {
        Path dataDir = Path.of(arguments[0]);
        String prefix = arguments[1];
        long mails = Long.parseLong(arguments[2]);
        Duration delay = Duration.ofMillis(Long.parseLong(arguments[3]));
        MimeMessageSource message = new Generated(Integer.parseInt(arguments[4]));
        try (OpenQueue open = OpenQueue.on(dataDir, "spool")) {
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            List<? extends Future<?>> all = Stream.iterate(0, thread -> thread + 1)
                    .limit(THREADS)
                    .map(thread -> threads.submit(() -> {
                        for (long number = thread; mails < 0 || number < mails; number += THREADS) {
                            MailImpl mail = MailImpl.builder()
                                    .name(prefix + number)
                                    .sender("sender@example.com")
                                    .addRecipient("recipient@example.com")
                                    .build();
                            mail.setMessageNoCopy(new MimeMessageWrapper(message));
                            open.queue().enQueue(mail, delay);
                            System.out.println(prefix + number);
                        }
                        return null;
                    }))
                    .toList();
            for (var one : all) {
                one.get();
            }
            threads.shutdown();
        }
        // Artemis' threads would keep an idle process for a minute.
        System.exit(0);
    }

    /** A message that is nowhere in memory. */
    private record Generated(long bytes) implements MimeMessageSource {

        @Override
        public String getSourceId() {
            return "generated";
        }

        @Override
        public InputStream getInputStream() {
            return new SequenceInputStream(
                    new ByteArrayInputStream("Subject: test\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
                    new CircularInputStream(new byte[] {'x'}, bytes));
        }
    }

    private QueueProcess() {}
}
