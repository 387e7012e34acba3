package io.relaypod.mailets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import javax.mail.MessagingException;

import org.apache.james.core.MailAddress;
import org.apache.james.mailetcontainer.impl.MatcherConfigImpl;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;
import org.apache.mailet.base.GenericMatcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StripCalendarForTest {

    @Test
    void listedAddressesAndDomainsMatchWhateverTheirCase() throws Exception {
        assertThat(matcher(new StripCalendarFor(), " Boss@Example.com , @staff.example ")
                        .match(mail()))
                .extracting(MailAddress::asString)
                .containsExactly("BOSS@example.com", "any@staff.example");
    }

    @Test
    void ofAMailForNobodyListedNotAByteIsRead() throws Exception {
        // The mail has no message: whoever looks for it gets none.
        assertThat(mail().getMessage()).isNull();
        assertThat(matcher(new StripCalendarFor(), "").match(mail())).isEmpty();
        assertThat(matcher(new StripCalendarFor(), "else@example.com").match(mail()))
                .isEmpty();
        assertThat(matcher(new NotInvited(), "listed").match(mail())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"boss", "boss@example.com, staff.example", "@", "a@b@c"})
    void aWrongEntryStopsTheStart(String condition) {
        assertThatThrownBy(() -> matcher(new StripCalendarFor(), condition))
                .isInstanceOf(MessagingException.class)
                .hasMessageContaining("is no mail address");
    }

    @Test
    void aWrongModeStopsTheStart() {
        assertThatThrownBy(() -> matcher(new NotInvited(), "always"))
                .isInstanceOf(MessagingException.class)
                .hasMessageContaining("expected listed or auto");
    }

    private static Mail mail() throws Exception {
        return MailImpl.builder()
                .name("m")
                .addRecipients(List.of(
                        new MailAddress("BOSS@example.com"),
                        new MailAddress("any@Staff.Example"),
                        new MailAddress("any@sub.staff.example"),
                        new MailAddress("other@example.com")))
                .build();
    }

    private static <T extends GenericMatcher> T matcher(T matcher, String condition) throws MessagingException {
        MatcherConfigImpl config = new MatcherConfigImpl();
        config.setCondition(condition);
        matcher.init(config);
        return matcher;
    }
}
