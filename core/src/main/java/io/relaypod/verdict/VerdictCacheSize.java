package io.relaypod.verdict;

/**
 * The heap that may hold what DNS has answered.
 *
 * @param verdicts bytes for verdicts on domains
 * @param denials bytes for names that do not exist
 * @param randomSubdomains bytes for the limits on nonexistent names below a registered domain
 */
public record VerdictCacheSize(long verdicts, long denials, long randomSubdomains) {

    private static final int VERDICTS_PART_OF_HEAP = 16;
    private static final int DENIALS_PART_OF_HEAP = 64;
    private static final int RANDOM_SUBDOMAINS_PART_OF_HEAP = 128;

    /** Together less than an eleventh of the largest heap of this process. */
    public static VerdictCacheSize ofThisProcess() {
        long heap = Runtime.getRuntime().maxMemory();
        return new VerdictCacheSize(
                heap / VERDICTS_PART_OF_HEAP, heap / DENIALS_PART_OF_HEAP, heap / RANDOM_SUBDOMAINS_PART_OF_HEAP);
    }
}
