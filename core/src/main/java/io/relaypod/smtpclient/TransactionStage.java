package io.relaypod.smtpclient;

/** How far an SMTP transaction came. */
public enum TransactionStage {
    MAIL,
    RCPT,
    DATA,
    /** The end of data was sent: from here on the server may have the mail, whatever it replies. */
    END_OF_DATA
}
