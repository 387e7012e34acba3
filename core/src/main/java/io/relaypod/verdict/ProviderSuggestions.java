package io.relaypod.verdict;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import io.relaypod.address.DomainListFile;
import io.relaypod.address.DomainSet;
import io.relaypod.address.MailDomain;
import io.relaypod.address.WellKnownProviders;

/** Suggests a well-known mail provider for a mistyped domain. Immutable. */
public final class ProviderSuggestions {

    private static final ProviderSuggestions NONE = new ProviderSuggestions(List.of());

    private final List<String> providers;

    private ProviderSuggestions(List<String> providers) {
        this.providers = providers;
    }

    /** The suggestions of the settings: none, or the providers of mail-providers.txt and of the admin's file. */
    public static ProviderSuggestions of(MxSettings settings) {
        if (!settings.suggest()) {
            return NONE;
        }
        Stream<String> own = settings.providersFile()
                .map(DomainListFile::new)
                .map(DomainListFile::get)
                .orElseGet(DomainSet::empty)
                .names();
        return new ProviderSuggestions(
                Stream.concat(WellKnownProviders.names(), own).toList());
    }

    /**
     * The provider that is one edit away: one letter added, missing or wrong, or two swapped. Empty for the name of a
     * provider.
     */
    public Optional<String> suggestionFor(MailDomain domain) {
        if (providers.contains(domain.name())) {
            return Optional.empty();
        }
        for (String provider : providers) {
            if (isOneEditAway(domain.name(), provider)) {
                return Optional.of(provider);
            }
        }
        return Optional.empty();
    }

    // Runs for every provider at every refusal. Most providers differ in length or in the first two letters, and end it
    // early.
    static boolean isOneEditAway(String typed, String meant) {
        int longer = typed.length() - meant.length();
        if (longer < -1 || longer > 1) {
            return false;
        }
        int shorter = Math.min(typed.length(), meant.length());
        int begin = 0;
        while (begin < shorter && typed.charAt(begin) == meant.charAt(begin)) {
            begin++;
        }
        return switch (longer) {
            case 1 -> endsAlike(typed, begin + 1, meant, begin);
            case -1 -> endsAlike(typed, begin, meant, begin + 1);
            default ->
                begin < shorter && (endsAlike(typed, begin + 1, meant, begin + 1) || isSwapped(typed, meant, begin));
        };
    }

    private static boolean endsAlike(String typed, int typedFrom, String meant, int meantFrom) {
        return typed.regionMatches(typedFrom, meant, meantFrom, typed.length() - typedFrom);
    }

    private static boolean isSwapped(String typed, String meant, int at) {
        return at + 1 < typed.length()
                && typed.charAt(at) == meant.charAt(at + 1)
                && typed.charAt(at + 1) == meant.charAt(at)
                && endsAlike(typed, at + 2, meant, at + 2);
    }
}
