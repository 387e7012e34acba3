package io.relaypod.smtpclient;

/** User and password for AUTH (RFC 4954). */
public record SmtpCredentials(String user, String password) {

    @Override
    public String toString() {
        return "SmtpCredentials[user=" + user + "]";
    }
}
