package io.relaypod.deliverability;

/**
 * The SMTP reply that refuses a message.
 *
 * @param code of SMTP, such as 550
 * @param text with the enhanced code in front, such as {@code 5.6.0 ...}
 */
public record MailRefusal(int code, String text) {}
