package io.relaypod.server.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.relaypod.dns.DnsFailover.DnsServerReport;
import io.relaypod.dns.DnsSettings;
import io.relaypod.dns.StandaloneDns;

/** Whether each DNS server answers, and confirms the names that must exist. */
public final class DnsExamination implements Examination {

    private static final String SUBJECT = "DNS";
    private static final int PATIENCE_SECONDS = 30;

    private final DnsSettings settings;

    public DnsExamination(DnsSettings settings) {
        this.settings = settings;
    }

    @Override
    public List<Finding> examine() {
        try (StandaloneDns dns = new StandaloneDns(settings)) {
            List<DnsServerReport> reports = dns.servers().check().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            boolean isAnyUsable = reports.stream().anyMatch(DnsServerReport::isUsable);
            List<Finding> findings = new ArrayList<>();
            for (int i = 0; i < reports.size(); i++) {
                findings.add(finding(
                        settings.servers().get(i).getAddress().getHostAddress() + ":"
                                + settings.servers().get(i).getPort(),
                        reports.get(i),
                        isAnyUsable));
            }
            return findings;
        } catch (ExecutionException | TimeoutException unanswered) {
            return List.of(unusable("no answer within " + PATIENCE_SECONDS + " s"));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return List.of(unusable("interrupted"));
        }
    }

    private static Finding finding(String server, DnsServerReport report, boolean isAnyUsable) {
        if (report.isUsable()) {
            return report.words().isEmpty()
                    ? Finding.ok(SUBJECT, server + " answers, and confirms the DNS_CANARIES")
                    : Finding.warning(SUBJECT, report.words(), "docs/mx-validation.md#dns-that-lies");
        }
        return isAnyUsable
                ? Finding.warning(
                        SUBJECT,
                        report.words(),
                        "Correct or remove this server (DNS_SERVERS, or resolv.conf). Another one is used meanwhile.")
                : unusable(report.words());
    }

    private static Finding unusable(String cause) {
        return Finding.fault(
                SUBJECT,
                cause + "; recipients at domains that are not cached get 451",
                "Check DNS_SERVERS or resolv.conf, and that UDP and TCP port 53 are open. docs/alerts.md#relaypoddnsfailing");
    }
}
