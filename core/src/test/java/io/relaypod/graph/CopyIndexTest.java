package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

import io.relaypod.graph.FollowedCopy.CopyPlace;
import org.junit.jupiter.api.Test;

class CopyIndexTest {

    private final CopyIndex index = new CopyIndex(40);

    private static FollowedCopy copy(String name, CopyPlace place) {
        GraphCopy copy = new GraphCopy(name, Optional.of("Mail" + name), Optional.empty(), List.of("a@good.test"), "");
        return new FollowedCopy(copy, place, Instant.EPOCH, false);
    }

    @Test
    void oldFailuresHaveAQuarterOfTheRoom() {
        int added = 0;
        while (index.hasRoom(CopyPlace.FAILED)) {
            index.add(copy(added++ + ".eml", CopyPlace.FAILED));
        }
        assertThat(added).isEqualTo(5);
        index.file("0.eml").orElseThrow().moveTo(CopyPlace.QUEUE);
        index.countFailed();
        assertThat(index.hasRoom(CopyPlace.FAILED)).isTrue();
        assertThat(index.hasRoom(CopyPlace.QUEUE)).isTrue();
    }

    @Test
    void answeredCopiesAreBoundedByTheirRecipientsToo() {
        AnsweredCopies answered = new AnsweredCopies(100, 3);
        for (int i = 0; i < 3; i++) {
            GraphCopy copy = new GraphCopy(
                    i + ".eml", Optional.of("Mail" + i), Optional.empty(), List.of("a@good.test", "b@good.test"), "");
            answered.add(new CopyChange(copy, CopyState.ACCEPTED, Instant.EPOCH, Optional.empty()));
        }
        assertThat(answered.all()).hasSize(1);
        assertThat(answered.of(GraphCopy.of("Mail2", List.of("a@good.test")))).isPresent();
    }
}
