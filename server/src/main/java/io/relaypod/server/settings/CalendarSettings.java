package io.relaypod.server.settings;

import java.util.List;

/**
 * How calendar content is changed, each value in the form that James' XML takes.
 *
 * @param recipients lower-case addresses and {@code @domain}s that get no calendar
 * @param mode {@code listed} or {@code auto}
 * @param summary whether an event is put in words beside other text
 */
public record CalendarSettings(List<String> recipients, String mode, boolean summary) {

    static CalendarSettings read(Environment environment) {
        return new CalendarSettings(
                environment.read(Variable.STRIP_ICS_RECIPIENTS, VariableForms::addressesAndDomains),
                environment.word(Variable.STRIP_ICS_MODE),
                environment.isTrue(Variable.CALENDAR_SUMMARY));
    }
}
