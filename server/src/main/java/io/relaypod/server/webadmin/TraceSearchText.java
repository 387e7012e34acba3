package io.relaypod.server.webadmin;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

import io.relaypod.server.trace.TraceQuery;

/** The text of a search for a mail: an address, a domain, a queue id or a Message-ID. */
public final class TraceSearchText {

    private static final Pattern QUEUE_ID = Pattern.compile("Mail\\d+(-.*)?");
    private static final Pattern MESSAGE_ID = Pattern.compile("<.*>");

    private TraceSearchText() {}

    /** @return the parameter of {@code /relay/trace} for this kind of text */
    public static String parameter(String words) {
        if (QUEUE_ID.matcher(words).matches()) {
            return "queueId";
        }
        return MESSAGE_ID.matcher(words).matches() ? "messageId" : "address";
    }

    /** @return the words as the parameter's value: a domain may be written with or without its {@code @} */
    public static String value(String words) {
        return parameter(words).equals("address") && words.indexOf('@') < 0 ? "@" + words : words;
    }

    static TraceQuery query(String words, Instant since, Instant until, int limit) {
        if (words.isEmpty()) {
            return TraceQuery.all(since, until, limit);
        }
        String parameter = parameter(words);
        Optional<String> value = Optional.of(value(words));
        return new TraceQuery(
                value.filter(any -> parameter.equals("queueId")),
                value.filter(any -> parameter.equals("messageId")),
                Optional.empty(),
                Optional.empty(),
                value.filter(any -> parameter.equals("address")),
                since,
                until,
                limit);
    }
}
