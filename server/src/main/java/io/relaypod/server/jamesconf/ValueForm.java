package io.relaypod.server.jamesconf;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.server.settings.ListenAddress;
import io.relaypod.server.settings.NetworkList;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.util.Size;

/** What a value of an element or attribute looks like, in words and as a test. */
record ValueForm(String words, Predicate<String> isMet) {

    static final ValueForm TEXT = new ValueForm("text", text -> true);
    // What Commons Configuration reads.
    static final ValueForm BOOLEAN = oneOf("true", "false", "yes", "no", "on", "off");
    static final ValueForm SIZE = new ValueForm(
            "a number of KiB, or a number with B, K, M or G directly behind it, such as 3M",
            text -> text.matches("\\d{1,12}[bkmgBKMG]?")
                    && Size.parse(text, Size.Unit.K).asBytes() >= 0);
    static final ValueForm NETWORKS = new ValueForm(
            "networks such as 10.0.0.0/8 or fc00::/7, separated by commas",
            text -> !NetworkList.parse(text).networks().isEmpty());
    static final ValueForm ADDRESSES = new ValueForm(
            "HOST:PORT, more of them separated by commas, such as 0.0.0.0:25",
            text -> Splitter.on(',').trimResults().splitToStream(text).allMatch(ListenAddress::isWithPort));

    /** A repository's URL; without mailrepositorystore.xml, {@code file} is the only protocol. */
    static ValueForm repository(boolean isFileAlone) {
        return new ValueForm(
                isFileAlone ? "file://PATH, such as file://var/mail/failed/" : "PROTOCOL://PATH",
                text -> (!isFileAlone || text.startsWith("file://"))
                        && !MailRepositoryUrl.from(text).getPath().asString().isEmpty());
    }

    static ValueForm number(int least) {
        return new ValueForm(
                "a number from " + least,
                text -> Optional.ofNullable(Ints.tryParse(text))
                        .filter(number -> number >= least)
                        .isPresent());
    }

    static ValueForm oneOf(String... values) {
        List<String> all = Arrays.asList(values);
        return new ValueForm(
                String.join(" or ", values), text -> all.stream().anyMatch(value -> value.equalsIgnoreCase(text)));
    }

    /** The problem with the value at a place; empty if it is as expected. */
    Optional<ConfigurationProblem> problem(ConfigurationProblem place, String value) {
        return accepts(value) ? Optional.empty() : Optional.of(place.is(value).expected(words));
    }

    private boolean accepts(String value) {
        try {
            return isMet.test(value.strip());
        } catch (RuntimeException notRead) {
            return false;
        }
    }
}
