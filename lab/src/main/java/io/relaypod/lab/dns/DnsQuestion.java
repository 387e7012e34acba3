package io.relaypod.lab.dns;

import java.util.Locale;

import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** The question of a query: a name in lower case without the trailing dot, and a type such as {@code MX}. */
public record DnsQuestion(String name, String type) {

    /** Normalizes the name and the type, so that questions can be compared. */
    public DnsQuestion {
        String lower = name.toLowerCase(Locale.ROOT);
        name = lower.endsWith(".") && lower.length() > 1 ? lower.substring(0, lower.length() - 1) : lower;
        type = type.toUpperCase(Locale.ROOT);
    }

    static DnsQuestion of(Record question) {
        Name name = question.getName();
        return new DnsQuestion(name.toString(), Type.string(question.getType()));
    }

    @Override
    public String toString() {
        return name + " " + type;
    }
}
