package io.relaypod.server.activity;

/**
 * A name, and how often it occurred at least: occurrences before it was given its place are not known.
 *
 * @param hour in the last hour, to five minutes
 * @param day in the last 24 hours, to an hour
 */
public record FrequentName(String name, long hour, long day) {}
