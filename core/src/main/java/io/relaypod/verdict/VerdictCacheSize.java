package io.relaypod.verdict;

/**
 * The heap that may be spent on what DNS said.
 *
 * @param verdicts bytes for verdicts on domains
 * @param denials bytes for names that do not exist
 */
public record VerdictCacheSize(long verdicts, long denials) {

    private static final int VERDICTS_PART_OF_HEAP = 16;
    private static final int DENIALS_PART_OF_HEAP = 64;

    /** Less than a twelfth of the largest heap of this process, for both. */
    public static VerdictCacheSize ofThisProcess() {
        long heap = Runtime.getRuntime().maxMemory();
        return new VerdictCacheSize(heap / VERDICTS_PART_OF_HEAP, heap / DENIALS_PART_OF_HEAP);
    }
}
