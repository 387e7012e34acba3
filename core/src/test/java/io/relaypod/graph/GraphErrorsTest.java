package io.relaypod.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GraphErrorsTest {

    private final GraphErrors errors = new GraphErrors();

    // What smtp2graph 1.1.4 wrote into error.log, asked with each answer of Graph and of Microsoft's login.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Access to mailbox \"a@ours.test\" denied | access_denied | ErrorAccessDenied | true",
                "Invalid content for mail \"mailroot/queue/x.eml\" | throttled | ErrorMimeContentInvalidBase64String | true",
                "The message exceeds the maximum supported size for mail \"x\" | too_large | ErrorMessageSizeExceeded | true",
                "No sender/from address defined | bad_content | NoSender | true",
                "{\"code\":\"ErrorSendAsDenied\",\"message\":\"The user account which\"} | send_as_denied | ErrorSendAsDenied | false",
                "{\"code\":\"ErrorInvalidRecipients\",\"message\":\"At least one\"} | bad_recipient | ErrorInvalidRecipients | false",
                "{\"code\":\"ApplicationThrottled\",\"message\":\"x\"} | throttled | ApplicationThrottled | false",
                "{\"code\":\"RequestEntityTooLarge\",\"message\":\"x\"} | too_large | RequestEntityTooLarge | false",
                "{\"code\":\"ErrorMimeContentInvalid\",\"message\":\"x\"} | bad_content | ErrorMimeContentInvalid | false",
                "{\"code\":\"SomethingNew\",\"message\":\"x\"} | other | SomethingNew | false",
                "invalid_client: 7000215 - [t]: AADSTS7000215: Invalid client secret. | secret_expired | AADSTS7000215 | false",
                "AADSTS999999: never seen | secret_expired | AADSTS999999 | false",
                "network_error: Network request failed | unreachable | network_error | false",
                "Request failed with status code 503 | unreachable | 503 | false",
                "Request failed with status code 429 | throttled | 429 | false",
                "connect ECONNREFUSED 1.2.3.4:443 | unreachable | ECONNREFUSED | false",
                "getaddrinfo ENOTFOUND graph.microsoft.com | unreachable | ENOTFOUND | false",
                "socket hang up | unreachable | ECONNRESET | false",
                "Server did not respond within 10 seconds | unreachable | Timeout | false",
                "Cannot use 'in' operator to search for 'error' in <html>Bad Gateway</html> | unreachable | BadGateway | false",
            })
    void eachTextOfSmtp2graphHasItsKind(String text, String code, String name, boolean isLast) {
        GraphError error = errors.classify(text);

        assertThat(error.code().label()).isEqualTo(code);
        assertThat(error.name()).isEqualTo(name);
        assertThat(errors.isLast(text)).isEqualTo(isLast);
    }

    @Test
    void wordsAreOnOneLineAndBounded() {
        assertThat(errors.classify("{\"code\":\"X\",\"message\":\"a \\\"b\\\" c\"}")
                        .words())
                .isEqualTo("X: a \"b\" c");
        assertThat(errors.classify("<html>\n" + "x".repeat(100_000)).words())
                .hasSizeLessThan(GraphErrors.LONGEST_WORDS + 10)
                .doesNotContain("\n");
    }

    @Test
    void everyLineOfTheTableHasACauseAndACure() {
        assertThat(errors.table()).hasSizeGreaterThan(40).allSatisfy(row -> {
            assertThat(row.cause()).endsWith(".");
            assertThat(row.cure()).endsWith(".");
        });
    }

    @Test
    void theDocumentedTableIsTheTable() throws IOException {
        assertThat(Files.readAllLines(Path.of("../docs/graph-errors.md")))
                .filteredOn(line -> line.startsWith("| `"))
                .containsExactlyElementsOf(errors.table().stream()
                        .map(row -> "| `%s` | `%s` | %s | %s |"
                                .formatted(row.name(), row.code().label(), row.cause(), row.cure()))
                        .toList());
    }
}
