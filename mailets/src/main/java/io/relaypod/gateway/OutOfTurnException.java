package io.relaypod.gateway;

import javax.mail.Address;
import javax.mail.SendFailedException;

/**
 * The mail takes more transactions than its mailbox may have now. Nothing is wrong with those who were not sent it for
 * that.
 */
final class OutOfTurnException extends SendFailedException {

    private static final long serialVersionUID = 1L;

    OutOfTurnException(Exception others, Address[] sent, Address[] unsent, Address[] refused) {
        super("the mailbox sends faster than it may", others, sent, unsent, refused);
    }
}
