package io.relaypod.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.relaypod.domain.DomainVerdict.HasMx;
import io.relaypod.domain.DomainVerdict.NotAsked;

class BoundedDomainCheckTest {

    private static final MailDomain DOMAIN = new MailDomain("example.com");
    private static final DomainVerdict MX = new HasMx(List.of("mx.example.com"));

    @Test
    void whatIsBeyondTheBoundIsAnsweredAtOnceAndNotAsked() {
        CompletableFuture<DomainVerdict> slow = new CompletableFuture<>();
        BoundedDomainCheck bounded = new BoundedDomainCheck(domain -> slow, 2);
        bounded.verdict(DOMAIN);
        bounded.verdict(DOMAIN);

        assertThat(bounded.verdict(DOMAIN).toCompletableFuture()).isCompletedWithValue(new NotAsked());
        assertThat(bounded.underWay()).isEqualTo(2);

        slow.complete(MX);
        assertThat(bounded.underWay()).isZero();
        assertThat(bounded.verdict(DOMAIN).toCompletableFuture()).isCompletedWithValue(MX);
    }

    @Test
    void questionsThatFailGiveTheirPlaceBack() {
        BoundedDomainCheck throwing = new BoundedDomainCheck(domain -> {
            throw new IllegalStateException("broken");
        }, 1);
        IntStream.range(0, 3).forEach(any -> assertThatThrownBy(() -> throwing.verdict(DOMAIN)).hasMessage("broken"));
        assertThat(throwing.underWay()).isZero();

        BoundedDomainCheck failing = new BoundedDomainCheck(domain -> CompletableFuture.failedFuture(new IllegalStateException()), 1);
        failing.verdict(DOMAIN);
        assertThat(failing.underWay()).isZero();
    }
}
