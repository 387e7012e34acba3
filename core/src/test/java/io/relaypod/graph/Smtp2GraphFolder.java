package io.relaypod.graph;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/** Does with files and logs what smtp2graph 1.1.4 does, step by step. */
final class Smtp2GraphFolder {

    final Smtp2GraphDirectory directory;

    Smtp2GraphFolder(Path root) {
        this.directory = new Smtp2GraphDirectory(root);
    }

    Smtp2GraphFolder made() {
        try {
            Files.createDirectories(directory.temp());
            Files.createDirectories(directory.queue());
            Files.createDirectories(directory.failed());
            Files.createDirectories(directory.logs());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return this;
    }

    static String message(String queueId, String recipient) {
        return "Bcc: hidden@good.test\r\nReturn-Path: <app@ours.test>\r\n"
                + "Received: from [127.0.0.1] (unknown [127.0.0.1])\r\n        by vm (Mailpit) with SMTP\r\n"
                + "        for <a@good.test>; Fri, 27 Nov 2026 06:07:00 +0000 (UTC)\r\n"
                + "Received: from [10.0.0.1] (EHLO app)\r\n"
                + "          by relay-0 (JAMES SMTP Server ) with ESMTP id " + queueId + "\r\n"
                + "          for <a@good.test>;\r\n          Thu, 27 Nov 2025 06:04:56 +0000 (UTC)\r\n"
                + "From: app@ours.test\r\nTo: " + recipient + "\r\nSubject: hi\r\n\r\nhello\r\n";
    }

    Path write(Path place, String name, String message) {
        try {
            return Files.writeString(place.resolve(name), message, StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    void arrive(String name, String queueId) {
        write(directory.temp(), name, message(queueId, "a@good.test"));
        move(directory.temp(), directory.queue(), name);
    }

    void accept(String name) {
        try {
            Files.delete(directory.queue().resolve(name));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    void move(Path from, Path to, String name) {
        try {
            Files.move(from.resolve(name), to.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    void giveUp(String name) {
        move(directory.queue(), directory.failed(), name);
    }

    void fail(String name, String error, Instant at) {
        log(
                "error.log",
                "{\"error\":\"" + error.replace("\"", "\\\"") + "\",\"filename\":\"" + name
                        + "\",\"level\":\"error\",\"message\":\"[MailQueue] Failed to send message \\\"" + name
                        + "\\\"\",\"name\":\"Error\",\"stack\":\"Error: x\\n    at y\",\"timestamp\":\"" + time(at)
                        + "\"}\n");
    }

    void start(Instant at) {
        log(
                "combined.log",
                "{\"level\":\"info\",\"message\":\"[SMTPServer] Server started on any-ip:2525\",\"timestamp\":\""
                        + time(at) + "\"}\n");
    }

    void log(String file, String text) {
        try {
            Files.writeString(
                    directory.logs().resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static String time(Instant at) {
        return DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx")
                .format(at.truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC));
    }
}
