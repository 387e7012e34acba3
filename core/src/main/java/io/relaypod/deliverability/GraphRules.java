package io.relaypod.deliverability;

import io.relaypod.address.AddressSet;

/**
 * What is known of the Graph behind this relay.
 *
 * @param mailboxes that it may send as; the empty set when nobody said
 * @param maxMessageSize the largest mail that it takes, in bytes of MIME; 0 for no limit
 */
public record GraphRules(AddressSet mailboxes, long maxMessageSize) {}
