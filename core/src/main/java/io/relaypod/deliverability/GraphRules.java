package io.relaypod.deliverability;

import io.relaypod.address.AddressSet;

/**
 * The limits of the Graph tenant behind this relay, and how mail is sent there.
 *
 * @param mailboxes that Graph may send as; the empty set if none are configured
 * @param maxMessageSize the largest message that Graph accepts, in bytes of MIME; 0 for no limit
 * @param ownBlindCopies whether each blind recipient gets a copy of their own
 */
public record GraphRules(AddressSet mailboxes, long maxMessageSize, boolean ownBlindCopies) {}
