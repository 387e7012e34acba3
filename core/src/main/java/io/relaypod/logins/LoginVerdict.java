package io.relaypod.logins;

/** What became of a name and a password. */
public sealed interface LoginVerdict {

    /** They are those of the login. */
    record Accepted(Login login) implements LoginVerdict {}

    /** No login has them; which of the two is wrong nobody is told. */
    record Rejected() implements LoginVerdict {}

    /** Too many passwords are being tried at the moment: nothing is known. */
    record Busy() implements LoginVerdict {}
}
