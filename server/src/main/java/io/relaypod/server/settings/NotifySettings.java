package io.relaypod.server.settings;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The receiver of notifications. Its URL is a secret in most forms, so {@link #toString} has the host only.
 *
 * @param url http or https
 * @param secretFile key of the signature, or ntfy's access token; read for each notification
 * @param caFile PEM certificates that may have signed the server's; empty for those that Java trusts
 */
public record NotifySettings(URI url, NotifyForm form, Optional<Path> secretFile, Optional<Path> caFile) {

    private static final int LONGEST_URL = 2_000;

    static Optional<NotifySettings> read(Environment environment) {
        Optional<Path> secret = environment.file(Variable.NOTIFY_SECRET_FILE, TextFile::checkNotEmpty);
        Optional<Path> authorities = environment.file(Variable.NOTIFY_CA_FILE, TlsFiles::checkCertificates);
        Optional<URI> url = url(environment);
        String form = environment.word(Variable.NOTIFY_FORM);
        if (url.isEmpty()) {
            rejectWithoutUrl(environment, secret.isPresent(), Variable.NOTIFY_SECRET_FILE);
            rejectWithoutUrl(environment, authorities.isPresent(), Variable.NOTIFY_CA_FILE);
            return Optional.empty();
        }
        NotifyForm chosen = form.equals("auto")
                ? NotifyForm.ofHost(url.get().getHost())
                : NotifyForm.valueOf(form.toUpperCase(Locale.ROOT));
        if (secret.isPresent() && !chosen.takesSecret()) {
            environment.reject(
                    Variable.NOTIFY_SECRET_FILE,
                    "the form " + chosen.name().toLowerCase(Locale.ROOT) + " has no secret beside its URL");
        }
        if (authorities.isPresent() && url.get().getScheme().equalsIgnoreCase("http")) {
            environment.reject(Variable.NOTIFY_CA_FILE, "NOTIFY_URL is http, without TLS");
        }
        return Optional.of(new NotifySettings(url.get(), chosen, secret, authorities));
    }

    private static void rejectWithoutUrl(Environment environment, boolean isSet, Variable variable) {
        if (isSet) {
            environment.reject(variable, "it means nothing without NOTIFY_URL or NOTIFY_URL_FILE");
        }
    }

    private static Optional<URI> url(Environment environment) {
        Optional<URI> direct = environment.optional(Variable.NOTIFY_URL, NotifySettings::toUrl);
        Optional<Path> file = environment.file(Variable.NOTIFY_URL_FILE, TextFile::checkNotEmpty);
        if (file.isEmpty()) {
            return direct;
        }
        if (!environment.text(Variable.NOTIFY_URL).isEmpty()) {
            environment.reject(Variable.NOTIFY_URL_FILE, "NOTIFY_URL is set too; choose one of them");
        }
        try {
            return Optional.of(Files.readString(file.get()).strip())
                    .filter(text -> !text.isEmpty()) // already noted
                    .map(NotifySettings::toUrl);
        } catch (IOException unreadable) {
            return Optional.empty();
        } catch (IllegalArgumentException wrong) {
            environment.reject(Variable.NOTIFY_URL_FILE, "it has no http or https URL");
            return Optional.empty();
        }
    }

    static URI toUrl(String text) {
        URI url = URI.create(text);
        boolean isHttp = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        if (!isHttp
                || url.getHost() == null
                || url.getUserInfo() != null
                || url.getFragment() != null
                || url.getPort() == 0
                || url.getPort() > 65_535
                || text.length() > LONGEST_URL) {
            throw new IllegalArgumentException("no usable URL");
        }
        return url;
    }

    /** The host and port, which are no secret. */
    public String host() {
        return url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
    }

    @Override
    public String toString() {
        return "NotifySettings[" + form + " at " + host() + "]";
    }
}
