package io.relaypod.lab.scenario;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Selects the relevant lines of an SMTP transcript. */
final class TranscriptLines {

    private TranscriptLines() {}

    /** The lines with one of these commands, each followed by its reply. */
    static List<String> of(List<String> transcript, String... commands) {
        return IntStream.range(0, transcript.size())
                .filter(line ->
                        sends(transcript.get(line), commands) || line > 0 && sends(transcript.get(line - 1), commands))
                .mapToObj(transcript::get)
                .toList();
    }

    private static boolean sends(String line, String... commands) {
        return Arrays.stream(commands).anyMatch(command -> line.startsWith("> " + command));
    }
}
