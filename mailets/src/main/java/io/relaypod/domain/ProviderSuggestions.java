package io.relaypod.domain;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The well-known mail providers, one of which somebody may have meant who mistyped it. Immutable.
 */
public final class ProviderSuggestions {

    private static final ProviderSuggestions NONE = new ProviderSuggestions(List.of());

    private final List<String> providers;

    private ProviderSuggestions(List<String> providers) {
        this.providers = providers;
    }

    /** As the settings have it: none, or those of mail-providers.txt and of the admin's file. */
    public static ProviderSuggestions of(MxSettings settings) {
        if (!settings.suggest()) {
            return NONE;
        }
        Stream<String> own = settings.providersFile().map(DomainListFile::new).map(DomainListFile::get).orElseGet(DomainSet::empty).names();
        return new ProviderSuggestions(Stream.concat(wellKnown(), own).toList());
    }

    private static Stream<String> wellKnown() {
        try (InputStream in = ProviderSuggestions.class.getResourceAsStream("mail-providers.txt")) {
            return DomainSet.parse(new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList()).names();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** The provider that is one edit away: a letter too many, missing, wrong, or two swapped. */
    public Optional<String> suggestionFor(MailDomain domain) {
        return providers.stream().filter(provider -> isOneEditAway(domain.name(), provider)).findFirst();
    }

    static boolean isOneEditAway(String typed, String meant) {
        int shorter = Math.min(typed.length(), meant.length());
        int begin = 0;
        while (begin < shorter && typed.charAt(begin) == meant.charAt(begin)) {
            begin++;
        }
        String typedRest = typed.substring(begin);
        String meantRest = meant.substring(begin);
        return switch (typed.length() - meant.length()) {
            case 1 -> typedRest.substring(1).equals(meantRest);
            case -1 -> meantRest.substring(1).equals(typedRest);
            case 0 -> !typedRest.isEmpty() && (typedRest.substring(1).equals(meantRest.substring(1)) || isSwapped(typedRest, meantRest));
            default -> false;
        };
    }

    private static boolean isSwapped(String typed, String meant) {
        return typed.length() > 1 && typed.charAt(0) == meant.charAt(1) && typed.charAt(1) == meant.charAt(0)
            && typed.substring(2).equals(meant.substring(2));
    }
}
