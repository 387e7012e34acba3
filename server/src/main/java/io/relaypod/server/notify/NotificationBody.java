package io.relaypod.server.notify;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.base.CharMatcher;
import com.google.common.hash.Hashing;
import io.relaypod.server.settings.NotifyForm;

/**
 * The request for a notification, in the form that the receiver takes.
 *
 * @param headers beside Content-Type and Content-Length
 */
record NotificationBody(byte[] bytes, String contentType, Map<String, String> headers) {

    /** Has {@code t=SECONDS,v1=HEX}: HMAC-SHA256 of the seconds since 1970, a dot, and the body. */
    static final String SIGNATURE = "X-Relaypod-Signature";

    static final String ID = "X-Relaypod-Id";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String JSON_TYPE = "application/json; charset=utf-8";

    /** @param secret of NOTIFY_SECRET_FILE */
    static NotificationBody of(Notification message, NotifyForm form, Optional<String> secret, Instant now) {
        return switch (form) {
            case JSON -> signed(message, secret, now);
            case SLACK ->
                json(message, Map.of("text", "*" + escaped(message.title()) + "*\n" + escaped(message.text())));
            case TEAMS -> json(message, card(message));
            case NTFY -> ntfy(message, secret);
        };
    }

    private static NotificationBody signed(Notification message, Optional<String> secret, Instant now) {
        NotificationBody unsigned = json(message, message.fields());
        return secret.map(key -> new NotificationBody(
                        unsigned.bytes(),
                        unsigned.contentType(),
                        Map.of(ID, message.id(), SIGNATURE, signature(unsigned.bytes(), key, now))))
                .orElse(unsigned);
    }

    private static String signature(byte[] body, String key, Instant now) {
        String seconds = Long.toString(now.getEpochSecond());
        return "t=" + seconds + ",v1="
                + Hashing.hmacSha256(key.getBytes(StandardCharsets.UTF_8))
                        .newHasher()
                        .putString(seconds + ".", StandardCharsets.UTF_8)
                        .putBytes(body)
                        .hash();
    }

    private static NotificationBody json(Notification message, Map<String, ?> object) {
        try {
            return new NotificationBody(JSON.writeValueAsBytes(object), JSON_TYPE, Map.of(ID, message.id()));
        } catch (JsonProcessingException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    // Slack reads these three as control characters; nothing else becomes a link or a mention without them.
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static Map<String, ?> card(Notification message) {
        return Map.of(
                "type",
                "message",
                "attachments",
                List.of(Map.of(
                        "contentType",
                        "application/vnd.microsoft.card.adaptive",
                        "content",
                        Map.of(
                                "$schema",
                                "http://adaptivecards.io/schemas/adaptive-card.json",
                                "type",
                                "AdaptiveCard",
                                "version",
                                "1.4",
                                "body",
                                List.of(
                                        block(
                                                message.title(),
                                                "Bolder",
                                                message.end().isPresent() ? "Good" : "Attention"),
                                        block(message.text().replace("\n", "\n\n"), "Default", "Default"))))));
    }

    private static Map<String, ?> block(String text, String weight, String color) {
        return Map.of("type", "TextBlock", "text", text, "wrap", true, "weight", weight, "color", color);
    }

    private static NotificationBody ntfy(Notification message, Optional<String> token) {
        // A header takes ASCII without line ends.
        String title = CharMatcher.inRange(' ', '~').negate().replaceFrom(message.title(), '?');
        Map<String, String> headers = new HashMap<>(Map.of(
                ID,
                message.id(),
                "Title",
                title,
                "Priority",
                message.end().isPresent() ? "default" : "high",
                "Tags",
                message.end().isPresent() ? "white_check_mark" : "rotating_light"));
        token.ifPresent(its -> headers.put("Authorization", "Bearer " + its));
        return new NotificationBody(
                message.text().getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8", Map.copyOf(headers));
    }
}
