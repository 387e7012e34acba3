package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.relaypod.configuration.ConfigurationProblem;
import io.relaypod.server.metrics.MeterNames;
import io.relaypod.server.settings.InvalidSettingsException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a start and {@code relaypod validate} say about the environment and james-conf. */
class ConfigurationCheckTest {

    private static final Path SHIPPED = Path.of("../james-conf");
    private static final String MAILETS = "mailetcontainer.xml";
    private static final String SMTP = "smtpserver.xml";

    @TempDir
    private Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private Path conf = Path.of("");

    @BeforeEach
    void copyWhatIsShipped() throws IOException {
        conf = Files.createDirectories(directory.resolve("james-conf"));
        for (String file : List.of(MAILETS, SMTP, "webadmin.properties")) {
            Files.copy(SHIPPED.resolve(file), conf.resolve(file));
        }
        environment.put("JAMES_CONF", conf.toString());
        environment.put("DATA_DIR", directory.resolve("data").toString());
    }

    @Test
    void whatIsShippedHasNeitherFaultsNorWarnings() {
        RelayAssembly assembly = check();

        assertThat(faults(assembly)).isEmpty();
        assertThat(warnings(assembly)).noneMatch(warning -> !warning.startsWith("DATA_DIR"));
        assertThatCode(assembly.findings()::throwIfWrong).doesNotThrowAnyException();
        assertThat(directory.resolve("data")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "class=\"RemoveMimeHeader\" | class=\"RemoveMimeHeadr\" | class is 'RemoveMimeHeadr'; there is no mailet of this name; did you mean RemoveMimeHeader?",
                "io.relaypod.mailets.AlignSender | AlignSender | class is 'AlignSender'; there is no mailet of this name; did you mean io.relaypod.mailets.AlignSender?",
                "io.relaypod.mailets.AlignSender | io.relaypod.mailets.StripCalendarFor | io.relaypod.mailets.StripCalendarFor is no mailet",
                "io.relaypod.mailets.AlignSender | HeadersToHTTP | HeadersToHTTP needs org.apache.http.NameValuePair, which relaypod does not have; docs/mailets.md",
                "io.relaypod.mailets.AlignSender | LocalDelivery | LocalDelivery needs org.apache.james.mailbox.MailboxManager, which relaypod does not have",
                "match=\"All\" class=\"io.relaypod.mailets.AlignSender\" | match=\"Al\" class=\"Null\" | match is 'Al'; there is no matcher of this name; did you mean All?",
                "match=\"All\" class=\"io.relaypod.mailets.AlignSender\" | match=\"All\" notmatch=\"All\" class=\"io.relaypod.mailets.AlignSender\" | <mailet> has match and notmatch; expected one of them",
                "match=\"All\" class=\"io.relaypod.mailets.AlignSender\" | mach=\"All\" class=\"io.relaypod.mailets.AlignSender\" | <mailet> has no attribute mach; did you mean match?",
                "match=\"All\" class=\"io.relaypod.mailets.AlignSender\" | match=\"All\" class=\"Forward\" | Forward for All in processor 'transport' gets the mail again that it sends, without end",
                "RecipientIs=postmaster@localhost | SenderIsRegex=[ | match is 'SenderIsRegex=['; Malformed pattern",
                "RecipientIs=postmaster@localhost | SizeGreaterThan=3 MB | match is 'SizeGreaterThan=3 MB'; Invalid amount: 3 mb",
                "RecipientIs=postmaster@localhost | SenderInFakeDomain | SenderInFakeDomain needs MX or TXT records",
                "${env:BLIND_COPIES} | ${env:BLIND_COPYS} | <blindCopies> has ${env:BLIND_COPYS}: there is no variable BLIND_COPYS in docs/configuration.md or in the environment; did you mean BLIND_COPIES?",
                "${env:BLIND_COPIES} | ${BLIND_COPIES} | ${BLIND_COPIES} has no value; expected ${env:NAME}",
                "1 minute, 2 | 1 minit, 2 | <delayTime> is '1 minit, 2 minutes, 4 minutes,",
                "<maxRetries>125</maxRetries> | <maxRetries>125</maxRetries><maxRetries>5</maxRetries> | <maxRetries> is there twice in <mailet>",
                "<maxRetries>125</maxRetries> | <maxRetrys>125</maxRetrys> | <maxRetrys> is no parameter of RemoteDelivery; did you mean maxRetries?",
                "<maxRetries>125</maxRetries> | <maxRetries>many</maxRetries> | <maxRetries> is 'many'; expected a number from 0",
                "${env:GATEWAY_BYTES_IN_FLIGHT} | 3 MB | <bytesInFlight> is '3 MB'; expected a number of bytes above zero, such as 8M",
                "<gatewayPort>${env:UPSTREAM_PORT} | <gatewayPort>smtp | <gatewayPort> is 'smtp'; expected a number from 1 to 65535",
                "<recipientsPerMail>100 | <recipientsPerMail>0 | SplitRecipients: recipientsPerMail is '0'; expected a number of 1 or more",
                "<bounceProcessor>bounces | <bounceProcessor>bounce | <bounceProcessor> is 'bounce'; there is no processor of this name; did you mean bounces?",
                "<unreadableProcessor>bounces</unreadableProcessor> | <onMailetException>errors</onMailetException> | <onMailetException> is 'errors'; there is no processor of this name; did you mean error?",
                "<keepOriginal>true | <keepOriginal>yes | AlignRecipients: keepOriginal is 'yes'; expected true or false",
                "<threads>30 | <threads>many | <threads> is 'many'; expected a number from 1",
                "<postmaster>postmaster@localhost | <postmaster>post master@ | <postmaster> is 'post master@'; expected a mail address",
                "<errorRepository>file:// | <errorRepository>maildir:// | <errorRepository> is 'maildir://var/mail/error/'; expected file://PATH",
                "<repositoryPath>file://var/mail/failed/ | <repositoryPath>var/mail/failed/ | <repositoryPath> is 'var/mail/failed/'; expected file://PATH",
                "state=\"bounces\" | state=\"transport\" | there is another processor 'transport' above",
                "state=\"error\" | state=\"eror\" | there is no processor 'error'; did you mean eror?",
                "<spooler> | <spoler><threads>1</threads></spoler><spooler> | <spoler> is unknown in <mailetcontainer>; did you mean spooler?",
                "<name>bcc</name> | <name>cc</name> | Bcc is not removed in processor 'transport'",
                "<name>bcc</name> | <name>CHANGE-ME</name> | <name> still has the placeholder CHANGE-ME",
                "<name>bcc</name> | <!-- --> | RemoveMimeHeader: Invalid config. Please specify atleast one name",
                "<!-- Messages that a mailet could not process. --> | <processor state=\"open\"><mailet match=\"SenderIsNull\" class=\"Null\"/></processor> | a mail can reach the end of processor 'open'",
                "<!-- Messages that a mailet could not process. --> | <processor state=\"open\"><mailet match=\"All\" class=\"Null\"><onMailetException>ignore</onMailetException></mailet></processor> | a mail can reach the end of processor 'open'",
                "<!-- Messages that a mailet could not process. --> | <processor state=\"open\"/> | a mail can reach the end of processor 'open'",
                "<!-- Messages that a mailet could not process. --> | <processor><mailet class=\"Null\"/></processor> | the processor has no state"
            })
    void aFaultOfMailetContainerXmlIsNamedWithItsLine(String shipped, String edited, String fault) throws Exception {
        int line = edit(MAILETS, shipped, edited);

        assertThat(faults(check()))
                .as("%s", faults(check()))
                .anyMatch(found -> found.contains(fault)
                        && (isAt(MAILETS, line, found)
                                || found.startsWith(MAILETS + ":14: ")
                                || found.startsWith(MAILETS + ": Bcc")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "${env:LISTEN_ADDR} | 0.0.0.0 | <bind> is '0.0.0.0'; expected HOST:PORT",
                "${env:LISTEN_ADDR} | 0.0.0.0:smtp | <bind> is '0.0.0.0:smtp'; expected HOST:PORT",
                "${env:LISTEN_ADDR} | :25 | <bind> is ':25'; expected HOST:PORT",
                "${env:MAX_MESSAGE_SIZE} | 3 MB | <maxmessagesize> is '3 MB'; expected a number of KiB",
                "${env:MAX_RECIPIENTS} | many | MaxRcptHandler: Key 'maxRcpt' cannot be converted",
                "${env:RELAY_NETWORKS} | 10.0.0.0/8, 300.1.1.1 | <authorizedAddresses> is '10.0.0.0/8, 300.1.1.1'; expected networks",
                "<connectionBacklog>200 | <connectionBacklog>all | <connectionBacklog> is 'all'; expected a number from 1",
                "<heloEhloEnforcement>true | <heloEhloEnforcement>maybe | <heloEhloEnforcement> is 'maybe'; expected true or false",
                "<smtpGreeting>relaypod ESMTP</smtpGreeting> | <smtpGreting>relaypod ESMTP</smtpGreting> | <smtpGreting> is unknown in <smtpserver>; did you mean smtpGreeting?",
                "<smtpGreeting>relaypod ESMTP</smtpGreeting> | <tls startTLS=\"true\"/> | <tls> has no certificate; expected <keystore>, or <privateKey> and <certificates>",
                "<smtpGreeting>relaypod ESMTP</smtpGreeting> | <tls startTLS=\"true\"><keystore>file://conf/no</keystore></tls> | <keystore> is 'file://conf/no'; ",
                "io.relaypod.mailets.MxRcptHook | MxRcptHook | class is 'MxRcptHook'; there is no class of this name; did you mean io.relaypod.mailets.MxRcptHook?",
                "io.relaypod.mailets.MxRcptHook | io.relaypod.mailets.AlignSender | io.relaypod.mailets.AlignSender is no handler of SMTP",
                "io.relaypod.mailets.MxRcptHook | org.apache.james.smtpserver.fastfail.ValidRcptMX | ValidRcptMX needs MX or TXT records",
                "io.relaypod.server.smtp.RelayHandlers | org.apache.james.smtpserver.CoreCmdHandlerLoader | coreHandlersPackage is 'org.apache.james.smtpserver.CoreCmdHandlerLoader'; expected io.relaypod.server.smtp.RelayHandlers",
                "enabled=\"true\" | enabled=\"false\" | no <smtpserver> is enabled",
                "<handler class=\"io.relaypod.mailets.MxRcptHook\"/> | <handler clas=\"x\"/> | <handler> has no attribute clas; did you mean class?"
            })
    void aFaultOfSmtpServerXmlIsNamedWithItsLine(String shipped, String edited, String fault) throws Exception {
        int line = edit(SMTP, shipped, edited);

        assertThat(faults(check()))
                .anyMatch(
                        found -> found.contains(fault) && (isAt(SMTP, line, found) || found.startsWith(SMTP + ":3: ")));
    }

    @Test
    void allFaultsOfAllPlacesAreInOneMessage() throws Exception {
        environment.put("UPSTREAM_PORT", "smtp");
        environment.put("DATA_DIR", "/proc/x");
        environment.put("STRIP_ICS_RECIPIENT", "a@example.com");
        edit(MAILETS, "class=\"RemoveMimeHeader\"", "class=\"RemoveMimeHeadr\"");
        edit(SMTP, "${env:MAX_MESSAGE_SIZE}", "3 MB");

        assertThatThrownBy(() -> check().findings().throwIfWrong())
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContainingAll(
                        "UPSTREAM_PORT is 'smtp'; expected a port from 1 to 65535",
                        "DATA_DIR is '/proc/x'; nothing can be written in /proc",
                        "STRIP_ICS_RECIPIENT is no variable of relaypod; did you mean STRIP_ICS_RECIPIENTS?",
                        "mailetcontainer.xml:27: class is 'RemoveMimeHeadr'",
                        "smtpserver.xml:12: <maxmessagesize> is '3 MB'");
    }

    @Test
    void aTagThatIsNotClosedIsNamedWithItsFileAndLine() throws Exception {
        int line = edit(MAILETS, "<name>bcc</name>", "<name>bcc");

        assertThat(faults(check()))
                .singleElement()
                .asString()
                .startsWith(MAILETS + ":" + (line + 1) + ": it is no well-formed XML: ")
                .endsWith("(inside <name> of line " + line + ")");
    }

    @ParameterizedTest
    @ValueSource(strings = {MAILETS, SMTP})
    void aDirectoryInPlaceOfAFileIsNamed(String file) throws Exception {
        Files.delete(conf.resolve(file));
        Files.createDirectory(conf.resolve(file));

        assertThat(faults(check())).anyMatch(found -> found.startsWith(file + ": it cannot be read"));
    }

    @ParameterizedTest
    @ValueSource(strings = {MAILETS, SMTP})
    void aMissingFileIsNamed(String file) throws Exception {
        Files.delete(conf.resolve(file));

        assertThat(faults(check())).singleElement().asString().contains("JAMES_CONF", file + " cannot be read there");
    }

    @Test
    void filesOfAnEditorOnWindowsAreReadAsTheyAreMeant() throws Exception {
        for (String file : List.of(MAILETS, SMTP)) {
            String text = Files.readString(conf.resolve(file));
            Files.writeString(
                    conf.resolve(file),
                    "\ufeff" + text.replace("\n", "\r\n").replace("    ", "\t"),
                    StandardCharsets.UTF_8);
        }

        assertThat(faults(check())).isEmpty();
    }

    @Test
    void bytesOfAnotherEncodingAreNamed() throws Exception {
        String text = Files.readString(conf.resolve(MAILETS)).replace("<name>bcc", "<!-- f\u00fcr --><name>bcc");
        Files.write(conf.resolve(MAILETS), text.getBytes(StandardCharsets.ISO_8859_1));

        assertThat(faults(check()))
                .singleElement()
                .asString()
                .startsWith(MAILETS + ":")
                .contains("its bytes are not of its encoding", "expected UTF-8");
    }

    @Test
    void whatIsMissingForProtectionIsAWarningThatSaysWhatIsNotProtected() throws Exception {
        edit(SMTP, "<handler class=\"io.relaypod.mailets.MxRcptHook\"/>", "");
        edit(SMTP, "<authorizedAddresses>${env:RELAY_NETWORKS}</authorizedAddresses>", "");
        edit(MAILETS, "class=\"io.relaypod.mailets.AlignRecipients\"", "class=\"ServerTime\"");
        edit(MAILETS, "<keepOriginal>true</keepOriginal>", "");
        environment.put("RELAY_NETWORKS", "10.0.0.0/8");

        RelayAssembly assembly = check();

        assertThat(faults(assembly)).isEmpty();
        assertThat(warnings(assembly))
                .anyMatch(
                        found -> found.contains("MxRcptHook") && found.contains("recipients' domains are not checked"))
                .anyMatch(found -> found.contains("<authorizedAddresses> is missing: no client is authorized"))
                .anyMatch(found -> found.contains("AlignRecipients") && found.contains("those that were refused"))
                .anyMatch(found -> found.startsWith("RELAY_NETWORKS is set, and has no effect"));
    }

    @Test
    void aCommentIsNoMailet() throws Exception {
        edit(
                MAILETS,
                "<mailet match=\"All\" class=\"io.relaypod.mailets.AlignSender\"/>",
                "<!-- <mailet match=\"All\" class=\"io.relaypod.mailets.AlignSender\"/> -->");

        assertThat(warnings(check())).anyMatch(found -> found.contains("AlignSender"));
    }

    @Test
    void compositeMatchersAndMailetsWithoutMatchAreTaken() throws Exception {
        edit(MAILETS, "<mailet match=\"All\" class=\"io.relaypod.mailets.AlignSender\"/>", """
                <matcher name="both" match="org.apache.james.mailetcontainer.impl.matchers.And">
                  <matcher match="SenderIsNull"/><matcher notmatch="RecipientIs=a@example.com"/></matcher>
                <mailet match="both" class="AddFooter"><text>x</text></mailet>
                <mailet class="io.relaypod.mailets.AlignSender"/>
                """);

        RelayAssembly assembly = check();

        assertThat(faults(assembly)).isEmpty();
        assertThat(warnings(assembly)).noneMatch(found -> found.contains("AlignSender"));
    }

    @Test
    void anExternalEntityIsNotRead() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "<x/>");
        edit(
                MAILETS,
                "<mailetcontainer>",
                "<!DOCTYPE mailetcontainer [<!ENTITY other SYSTEM \"" + secret.toUri()
                        + "\">]>\n<mailetcontainer>&other;");

        assertThat(faults(check())).singleElement().asString().contains("&other;", "not read");
    }

    // Of a parameter that the mailet or handler itself refuses, the line of the mailet or handler is known.
    private static boolean isAt(String file, int line, String found) {
        return IntStream.rangeClosed(line - 2, line).anyMatch(at -> found.startsWith(file + ":" + at + ": "));
    }

    private static List<String> faults(RelayAssembly assembly) {
        return assembly.findings().faults().stream()
                .map(ConfigurationProblem::toString)
                .toList();
    }

    private static List<String> warnings(RelayAssembly assembly) {
        return assembly.findings().warnings().stream()
                .map(ConfigurationProblem::toString)
                .toList();
    }

    private RelayAssembly check() {
        return RelayAssembly.of(environment, MeterNames.registry());
    }

    /** Edits the first place, and tells its line. */
    private int edit(String file, String shipped, String edited) throws IOException {
        String text = Files.readString(conf.resolve(file));
        assertThat(text).contains(shipped);
        int at = text.indexOf(shipped);
        Files.writeString(conf.resolve(file), text.substring(0, at) + edited + text.substring(at + shipped.length()));
        return (int) text.substring(0, at).lines().count();
    }
}
