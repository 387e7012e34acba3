package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

import io.relaypod.mime.MessageSource;
import io.relaypod.mime.TraceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CopyHeaderTest {

    private static final String ID = "Mail1764223496123-3b1c8d4e-1111-2222-3333-0123456789ab-!1";
    private static final String REST = "From: app@ours.test\r\nTo: a@good.test\r\n\r\nhello\r\n";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SMTP",
                "ESMTP",
                "ESMTPA",
                "ESMTPS",
                "ESMTPSA",
                "UTF8SMTP",
                "UTF8SMTPA",
                "UTF8SMTPS",
                "UTF8SMTPSA"
            })
    void theQueueIdIsFoundWhateverProtocolTheClientUsed(String protocol) throws Exception {
        String session = received(protocol, "ID 5c0f") + REST;
        assertThat(CopyHeader.queueId(source(session))).isEmpty();

        TraceInformation traced =
                TraceInformation.of(source(session), ID, "app@ours.test").orElseThrow();
        String sent =
                new String(traced.bytes(), StandardCharsets.US_ASCII) + session.substring((int) traced.replaces());
        Path file = Files.writeString(folder.resolve("x.eml"), "Return-Path: <app@ours.test>\r\n" + sent);

        assertThat(CopyHeader.queueId(source(sent))).contains(ID);
        assertThat(CopyHeader.read(file).copy().queueId()).contains(ID);
        assertThat(CopyHeader.isFollowed(ID)).isTrue();
    }

    @Test
    void anIdThatWasCutOrThatNoRelayGaveIsNone() throws IOException {
        assertThat(CopyHeader.queueId(source(received("ESMTP", "id Mail1-a_b") + REST)))
                .isEmpty();
        assertThat(CopyHeader.queueId(source(received("LMTP", "id Mail1-a") + REST)))
                .isEmpty();
        assertThat(CopyHeader.queueId(source(REST))).isEqualTo(Optional.empty());
        assertThat(CopyHeader.isFollowed("smtp2graph-x.eml")).isFalse();
    }

    private static String received(String protocol, String id) {
        return "Received: from app (EHLO app) ([10.0.0.1])\r\n          by relay-0 (JAMES SMTP Server ) with "
                + protocol + " " + id
                + "\r\n          for <a@good.test>;\r\n          Fri, 27 Nov 2026 06:04:56 +0000 (UTC)\r\n";
    }

    private static MessageSource source(String message) {
        return () -> new ByteArrayInputStream(message.getBytes(StandardCharsets.US_ASCII));
    }
}
