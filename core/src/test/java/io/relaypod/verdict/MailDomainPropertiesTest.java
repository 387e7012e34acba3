package io.relaypod.verdict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Locale;

import io.relaypod.address.MailDomain;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class MailDomainPropertiesTest {

    @Property(tries = 20_000)
    @Label("whatever is written, parsing does not throw")
    void parsingNeverThrows(@ForAll String written) {
        assertThatCode(() -> MailDomain.parse(written)).doesNotThrowAnyException();
    }

    @Property(tries = 20_000)
    @Label("whatever is parsed is canonical, and is a name in DNS")
    void whatIsParsedIsCanonical(@ForAll("nearlyDomains") String written) {
        MailDomain.parse(written).ifPresent(domain -> {
            assertThat(MailDomain.parse(domain.name())).contains(domain);
            assertThat(domain.name()).isLowerCase().matches("\\p{ASCII}{1,253}").doesNotEndWith(".");
            assertThat(domain.absolute().toString(true)).isEqualTo(domain.name());
        });
    }

    @Property
    @Label("neither case nor the last dot makes another domain")
    void caseAndTheLastDotDoNotCount(@ForAll("domains") String domain) {
        assertThat(MailDomain.parse(domain))
                .isPresent()
                .isEqualTo(MailDomain.parse(domain.toUpperCase(Locale.ROOT)))
                .isEqualTo(MailDomain.parse(domain + "."));
    }

    @Provide
    Arbitrary<String> domains() {
        return Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('0', '9')
                .withChars('-')
                .ofMinLength(1)
                .ofMaxLength(20)
                .list()
                .ofMinSize(1)
                .ofMaxSize(5)
                .map(labels -> String.join(".", labels));
    }

    /** Letters of many scripts, case pairs that surprise, every kind of dot, and what IDNA maps away. */
    @Provide
    Arbitrary<String> nearlyDomains() {
        return Arbitraries.strings()
                .withCharRange('a', 'e')
                .withCharRange('A', 'E')
                .withChars(
                        "0-_.\u3002\uff0e\uff61\u00df\u0130\u0131\u017f\u212a\u03c2\u00ad\u200d\u0308\u00fc\u4f8b\u0627\u05d0\ud83d\ude00\uff21 x@\u0001"
                                .toCharArray())
                .ofMaxLength(80);
    }
}
