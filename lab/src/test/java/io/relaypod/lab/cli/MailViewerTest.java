package io.relaypod.lab.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;

import io.relaypod.lab.world.LabWorld;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class MailViewerTest {

    @Test
    void eachMessageIsListedWithItsTextAndIsEscaped() throws Exception {
        try (LabWorld world = LabWorld.builder().start();
                MailViewer viewer = MailViewer.start()) {
            world.graph().onMail(viewer::add);
            try (var smtp = world.connect()) {
                smtp.send("EHLO client.example");
                smtp.send("MAIL FROM:<a@example.com>");
                smtp.send("RCPT TO:<b@gmail.com>");
                smtp.data("From: a@example.com\r\nTo: b@gmail.com\r\nSubject: <b>x</b>\r\n\r\nhello\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
            }
            assertThat(get(viewer.address()).body()).isNotEmpty();
            Awaitility.await().until(() -> get(viewer.address()).body().contains("b@gmail.com"));

            assertThat(get(viewer.address()).body())
                    .contains("&lt;b&gt;x&lt;/b&gt;")
                    .doesNotContain("<b>x");
            assertThat(get(viewer.address() + "1").body()).contains("hello");
            assertThat(get(viewer.address() + "2").statusCode()).isEqualTo(404);
        }
    }

    private static HttpResponse<String> get(String address) throws Exception {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(address)).build(), BodyHandlers.ofString());
    }
}
