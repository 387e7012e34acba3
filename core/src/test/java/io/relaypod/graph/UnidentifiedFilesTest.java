package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

class UnidentifiedFilesTest {

    private static final Instant START = Instant.parse("2026-11-27T06:00:00Z");

    private final UnidentifiedFiles files = new UnidentifiedFiles();
    private final Map<GraphCopy, Instant> expected = new LinkedHashMap<>();

    private void expect(String queueId, double seconds) {
        expected.put(GraphCopy.of(queueId, List.of("a@good.test")), at(seconds));
    }

    private static Instant at(double seconds) {
        return START.plusMillis((long) (seconds * 1_000));
    }

    private List<String> taken(double seconds) {
        return files.take(expected, at(seconds)).stream()
                .map(copy -> copy.queueId().orElseThrow())
                .toList();
    }

    @Test
    void asManyFilesAsCopiesAtTheirTimeAreTheirs() {
        expect("a", 0);
        expect("b", 2);
        files.deleted("x.eml", at(0.2));
        files.deleted("y.eml", at(4.9));
        assertThat(taken(5)).isEmpty();
        assertThat(taken(5.1)).containsExactly("a", "b");
        assertThat(taken(6)).isEmpty();
    }

    @Test
    void oneFileMoreOrLessTellsNothing() {
        expect("a", 0);
        files.deleted("x.eml", at(0.2));
        files.deleted("y.eml", at(0.3));
        assertThat(taken(4)).isEmpty();
        expect("b", 0.1);
        expect("c", 0.1);
        assertThat(taken(4)).isEmpty();
    }

    @Test
    void aSurplusOfAnotherTimeDoesNotCountForALostCopy() {
        expect("lost", 30);
        expect("sent", 60);
        files.deleted("foreign.eml", at(0));
        files.deleted("x.eml", at(60.1));
        assertThat(taken(64)).containsExactly("sent");
    }

    @Test
    void equalNumbersAreNotEnoughIfAFileIsOfNoneOfTheCopies() {
        expect("a", 0);
        expect("b", 3.5);
        expect("c", 3.6);
        files.deleted("x.eml", at(-0.5));
        files.deleted("y.eml", at(-0.4));
        files.deleted("z.eml", at(2.6));
        assertThat(taken(10)).isEmpty();
    }

    @Test
    void deletionsOfAnErasedVolumeAreNoAcceptances() {
        expect("a", 0);
        files.deleted("x.eml", at(0.2));
        files.forget();
        assertThat(taken(10)).isEmpty();
    }
}
