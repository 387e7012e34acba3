package io.relaypod.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The direction of the dependencies, and which packages may use which library. docs/design/overview.md draws it. */
@AnalyzeClasses(packages = "io.relaypod", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String[] CORE = {
        "io.relaypod.address..",
        "io.relaypod.calendar..",
        "io.relaypod.configuration..",
        "io.relaypod.deliverability..",
        "io.relaypod.dns..",
        "io.relaypod.events..",
        "io.relaypod.graph..",
        "io.relaypod.headers..",
        "io.relaypod.incidents..",
        "io.relaypod.logins..",
        "io.relaypod.memory..",
        "io.relaypod.mime..",
        "io.relaypod.quota..",
        "io.relaypod.smtpclient..",
        "io.relaypod.threads..",
        "io.relaypod.throttle..",
        "io.relaypod.verdict.."
    };

    // mime4j is a library of James' project that does not use the server.
    private static final DescribedPredicate<JavaClass> JAMES = describe(
            "James",
            type -> type.getPackageName().startsWith("org.apache.mailet")
                    || type.getPackageName().startsWith("org.apache.james")
                            && !type.getPackageName().startsWith("org.apache.james.mime4j"));

    private static final DescribedPredicate<JavaClass> JAKARTA_MAIL_BEYOND_ENCODINGS = describe(
            "Jakarta Mail beyond its encodings of bytes",
            type -> type.getPackageName().startsWith("javax.mail")
                    && !type.getName().equals("javax.mail.MessagingException")
                    && !type.getName().equals("javax.mail.internet.MimeUtility"));

    /**
     * The core module has no James on its compile class path; this rule also catches a dependency that brings it in.
     */
    @ArchTest
    static final ArchRule coreDoesNotUseJames =
            noClasses().that().resideInAnyPackage(CORE).should().dependOnClassesThat(JAMES);

    @ArchTest
    static final ArchRule coreUsesOnlyTheEncodingsOfJakartaMail =
            noClasses().that().resideInAnyPackage(CORE).should().dependOnClassesThat(JAKARTA_MAIL_BEYOND_ENCODINGS);

    /** The two rules above hold for nothing if their packages are empty or James is not seen at all. */
    @ArchTest
    static final ArchRule aMailetUsesJames =
            classes().that().haveSimpleName("StripCalendar").should().dependOnClassesThat(JAMES);

    @ArchTest
    static final ArchRule mailetsDoNotUseTheServer = noClasses()
            .that()
            .resideOutsideOfPackage("io.relaypod.server..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.relaypod.server..");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.relaypod.(*)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule packagesOfTheServerHaveNoCycles =
            slices().matching("io.relaypod.server.(*)..").should().beFreeOfCycles();

    /** The gateway has one SMTP client: io.relaypod.smtpclient. */
    @ArchTest
    static final ArchRule nobodyUsesTheSmtpClientOfJakartaMail =
            noClasses().should().dependOnClassesThat().resideInAPackage("com.sun.mail.smtp..");

    @ArchTest
    static final ArchRule onlyTheQueueUsesArtemis = noClasses()
            .that()
            .resideOutsideOfPackage("io.relaypod.server.queue..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.activemq..");

    @ArchTest
    static final ArchRule onlyWebadminUsesJetty = noClasses()
            .that()
            .resideOutsideOfPackage("io.relaypod.server.webadmin..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.eclipse.jetty..");

    @ArchTest
    static final ArchRule nettyServesSmtpDnsAndPages = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.relaypod.dns..",
                    "io.relaypod.threads..",
                    "io.relaypod.server.smtp..",
                    "io.relaypod.server.monitoring..",
                    "io.relaypod.server.health..",
                    "io.relaypod.server.metrics..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty..");

    /** A debugger and a stack trace often show the simple name alone. Nested classes count, private ones too. */
    @ArchTest
    static void aSimpleNameBelongsToOneClass(JavaClasses all) {
        Map<String, List<String>> classes = all.stream()
                .filter(type -> !type.isAnonymousClass())
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(
                        JavaClass::getSimpleName,
                        TreeMap::new,
                        Collectors.mapping(JavaClass::getName, Collectors.toList())));
        assertThat(classes).hasSizeGreaterThan(100);
        classes.values().removeIf(named -> named.size() == 1);
        assertThat(classes).isEmpty();
    }
}
