package io.relaypod.server.jamesconf;

import java.util.Arrays;

import com.google.common.base.Splitter;
import io.relaypod.configuration.ValueForm;
import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.NetworkList;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.util.Size;

/** The forms of values in James' XML. Stateless. */
final class XmlForms {

    static final ValueForm TEXT = new ValueForm("text", text -> true);
    // What Commons Configuration reads.
    static final ValueForm BOOLEAN = oneOf("true", "false", "yes", "no", "on", "off");
    static final ValueForm SIZE = new ValueForm(
            "a number of KiB, or a number with B, K, M or G directly behind it, such as 3M",
            text -> text.matches("\\d{1,12}[bkmgBKMG]?")
                    && Size.parse(text, Size.Unit.K).asBytes() >= 0);
    static final ValueForm NETWORKS =
            ValueForm.parsed("networks such as 10.0.0.0/8 or fc00::/7, separated by commas", NetworkList::parse);
    static final ValueForm ADDRESSES = new ValueForm(
            "HOST:PORT, more of them separated by commas, such as 0.0.0.0:25",
            text -> Splitter.on(',').trimResults().splitToStream(text).allMatch(ListenAddress::isWithPort));

    private XmlForms() {}

    /** A repository's URL; without mailrepositorystore.xml, {@code file} is the only protocol. */
    static ValueForm repository(boolean isFileAlone) {
        return new ValueForm(
                isFileAlone ? "file://PATH, such as file://var/mail/failed/" : "PROTOCOL://PATH",
                text -> (!isFileAlone || text.startsWith("file://"))
                        && !MailRepositoryUrl.from(text).getPath().asString().isEmpty());
    }

    static ValueForm number(int least) {
        return ValueForm.numberFrom(least, Integer.MAX_VALUE);
    }

    static ValueForm oneOf(String... values) {
        return new ValueForm(
                String.join(" or ", values), text -> Arrays.stream(values).anyMatch(text::equalsIgnoreCase));
    }
}
