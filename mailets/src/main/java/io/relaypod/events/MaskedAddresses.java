package io.relaypod.events;

import java.util.regex.Pattern;

/** Other people's words for the log: a gateway's reply, a client's header. The local part of an address in them is nobody's business. */
public final class MaskedAddresses {

    private static final Pattern LOCAL_PART = Pattern.compile("[^\\s<>\"(),:;]+@(?=[^\\s@])");

    private MaskedAddresses() {
    }

    /** The text with {@code ***} for the local part of each address. */
    public static String in(String text) {
        return LOCAL_PART.matcher(text).replaceAll("***@");
    }
}
