package io.relaypod.lab.dns;

import java.util.Locale;

import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** What a client asked: a name in lower case without its trailing dot, and a type by its mnemonic, as in {@code MX}. */
public record DnsQuestion(String name, String type) {

    /** Brings the name into the one form in which questions are compared. */
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
