package io.relaypod.logins;

import java.util.Optional;

import io.relaypod.address.AddressSet;
import io.relaypod.throttle.SendingRate;

/**
 * One who may log in.
 *
 * @param name up to 128 printable ASCII characters, without a blank
 * @param hash of the password
 * @param from the addresses that the login may send as; empty for any
 * @param rate how fast the login may send; empty for no limit
 */
public record Login(String name, PasswordHash hash, Optional<AddressSet> from, Optional<SendingRate> rate) {}
