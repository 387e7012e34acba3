package io.relaypod.server.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.relaypod.address.DomainSet;
import io.relaypod.quota.QuotaKind;
import io.relaypod.quota.QuotaUse;
import io.relaypod.quota.RecipientQuota;
import io.relaypod.server.notify.QuotaIncidentCheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.threeten.extra.MutableClock;

class QuotaStoreTest {

    private static final Clock NOON = Clock.fixed(Instant.parse("2026-01-01T12:00:00Z"), ZoneOffset.UTC);
    private static final String ODD = "\"a b\r\n- %20\"@ours.example";

    @TempDir
    private Path directory;

    private static RecipientQuota quota() {
        return new RecipientQuota(100, 100, DomainSet.parse(List.of("ours.example")), NOON);
    }

    @Test
    void countsSurviveARestartWhateverTheMailboxIsCalled() {
        RecipientQuota before = quota();
        QuotaStore store = new QuotaStore(directory.resolve("quotas"), before);
        before.tryTake(new QuotaUse(ODD, 90, 5));
        store.close();

        RecipientQuota after = quota();
        new QuotaStore(directory.resolve("quotas"), after).close();
        assertThat(after.states()).isEqualTo(before.states());
        assertThat(after.tryTake(new QuotaUse(ODD, 11, 0))).contains(QuotaKind.MAILBOX);
    }

    @Test
    void anUnchangedCountIsNotWritten() {
        QuotaStore store = new QuotaStore(directory.resolve("quotas"), quota());
        store.save();
        store.close();

        assertThat(directory.resolve("quotas")).doesNotExist();
    }

    @Test
    void aDamagedFileLosesOnlyItsDamagedLines() throws Exception {
        long quarter = NOON.instant().getEpochSecond() / 900;
        Files.writeString(
                directory.resolve("quotas"),
                "nonsense\n" + quarter + ":50 office%40ours.example\n" + quarter + ":999999999999 x\n" + quarter
                        + ":7 %zz\n" + (quarter - 1) + ":4," + quarter + ":2\n" + quarter + ":3");
        RecipientQuota quota = quota();
        new QuotaStore(directory.resolve("quotas"), quota).close();

        assertThat(quota.tryTake(new QuotaUse("office@ours.example", 51, 0))).contains(QuotaKind.MAILBOX);
        assertThat(quota.states().get(1).used()).isEqualTo(9);
    }

    @Test
    void aMailboxTakesOneLineHoweverLongItsDay() throws Exception {
        MutableClock clock = MutableClock.of(NOON.instant(), ZoneOffset.UTC);
        RecipientQuota quota = new RecipientQuota(100, 0, DomainSet.empty(), clock);
        QuotaStore store = new QuotaStore(directory.resolve("quotas"), quota);
        for (int quarter = 0; quarter < 90; quarter++) {
            quota.tryTake(QuotaUse.ofOne("office@ours.example"));
            quota.tryTake(QuotaUse.ofOne("sales@ours.example"));
            clock.add(Duration.ofMinutes(15));
        }
        store.close();

        assertThat(Files.readAllLines(directory.resolve("quotas"))).hasSize(2);
        RecipientQuota after = new RecipientQuota(100, 0, DomainSet.empty(), clock);
        new QuotaStore(directory.resolve("quotas"), after).close();
        assertThat(after.tryTake(new QuotaUse("sales@ours.example", 11, 0))).contains(QuotaKind.MAILBOX);
        assertThat(after.tryTake(new QuotaUse("sales@ours.example", 10, 0))).isEmpty();
    }

    @Test
    void aFileThatIsNoTextAndADirectoryInItsPlaceStopNothing() throws Exception {
        Files.write(directory.resolve("quotas"), new byte[] {(byte) 0xc3, 0x28, '\n', (byte) 0xff});
        RecipientQuota quota = quota();
        QuotaStore store = new QuotaStore(directory.resolve("quotas"), quota);
        Files.delete(directory.resolve("quotas"));
        Files.createDirectories(directory.resolve("quotas/in/the/way"));
        quota.tryTake(QuotaUse.ofOne("office@ours.example"));
        store.close();

        assertThat(directory.resolve("quotas")).isDirectory();
    }

    @Test
    void theMetersShowTheBusiestMailboxTheTenantAndTheForecast() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        RecipientQuota quota = quota();
        QuotaMeters.register(quota, meters);
        quota.tryTake(new QuotaUse("office@ours.example", 50, 0));
        quota.tryTake(new QuotaUse("sales@ours.example", 20, 4));

        assertThat(value(meters, "recipients", "mailbox")).isEqualTo(50);
        assertThat(value(meters, "recipients", "tenant")).isEqualTo(4);
        assertThat(value(meters, "limit", "mailbox")).isEqualTo(100);
        assertThat(value(meters, "reached.in", "mailbox"))
                .isEqualTo(Duration.ofHours(1).toSeconds());
        assertThat(value(meters, "reached.in", "tenant"))
                .isEqualTo(Duration.ofHours(24).toSeconds());
    }

    @Test
    void withoutLimitsTheMetersShowNone() {
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        QuotaMeters.register(RecipientQuota.unlimited(), meters);

        assertThat(value(meters, "limit", "tenant")).isZero();
        assertThat(value(meters, "reached.in", "tenant")).isInfinite();
    }

    private static double value(SimpleMeterRegistry meters, String name, String kind) {
        return meters.get("relaypod.quota." + name).tag("quota", kind).gauge().value();
    }

    @Test
    void anIncidentBeginsAt80PercentAndNamesNoLocalPart() {
        RecipientQuota quota = quota();
        QuotaIncidentCheck check = new QuotaIncidentCheck(quota);
        quota.tryTake(new QuotaUse("office@ours.example", 79, 0));
        assertThat(check.problem()).isEmpty();
        quota.tryTake(QuotaUse.ofOne("office@ours.example"));

        assertThat(check.problem())
                .contains("80 of 100 recipients in 24 hours, mailbox ***@ours.example; reached in about 15 min");
    }
}
