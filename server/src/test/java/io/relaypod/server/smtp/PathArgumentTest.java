package io.relaypod.server.smtp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;

import io.relaypod.server.smtp.PathArgument.BadParameterException;
import io.relaypod.server.smtp.PathArgument.Parameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathArgumentTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "FROM:<a@b> ~ a@b",
                "FROM: <a@b> ~ a@b",
                "FROM : \t<a@b> ~ a@b",
                "FROM:< a@b > ~ a@b",
                "from:a@b ~ a@b",
                "FROM: a@b ~ a@b",
                "FROM:a@[IPv6:2001:db8::1] ~ a@[IPv6:2001:db8::1]",
                "FROM:root ~ root",
                "FROM:<root> ~ root",
                "FROM:Printer <a@b> ~ a@b",
                "FROM:\"Printer, 2nd floor\" <a@b> ~ a@b",
                "FROM:<@x,@y.example:a@b> ~ a@b",
                "FROM:<@x:\"a:b\"@b> ~ \"a:b\"@b",
                "FROM:<\"a>b\"@c> ~ \"a>b\"@c",
                "FROM:<\"a\\\"b\"@c> ~ \"a\\\"b\"@c",
                "FROM:<a@[192.0.2.1]> ~ a@[192.0.2.1]"
            })
    void itIsPlainWhichPathIsMeant(String argument, String path) throws Exception {
        assertThat(PathArgument.parse(argument)).map(PathArgument::path).contains(path);
        assertThat(PathArgument.parse(argument).orElseThrow().parameters()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FROM:",
                "FROM: ",
                "FROM:<",
                "FROM:<a@b",
                "FROM:a@b>",
                "FROM:<a@b>SIZE=1",
                "FROM:a,b",
                "FROM:a@b,c@d",
                "FROM:a@b;c@d",
                "FROM:<<a@b>>",
                "FROM:x@y: <a@b>",
                "FROM:\"a b\"@c",
                "FROM:x@y(comment)",
                "FROM:<\"a@b>"
            })
    void itIsNotPlain(String argument) throws Exception {
        assertThat(PathArgument.parse(argument)).isEmpty();
    }

    @Test
    void theEmptyPathIsOne() throws Exception {
        assertThat(PathArgument.parse("FROM:<>")).contains(new PathArgument("", List.of()));
        assertThat(PathArgument.parse("FROM:<> AUTH=<>").orElseThrow().path()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"FROM:<a@b> SIZE=1 body=8BITMIME AUTH=<>", "FROM:a@b SIZE=1\tbody=8BITMIME  AUTH=<>"})
    void parametersFollow(String argument) throws Exception {
        assertThat(PathArgument.parse(argument))
                .contains(new PathArgument(
                        "a@b",
                        List.of(
                                new Parameter("SIZE", "1"),
                                new Parameter("BODY", "8BITMIME"),
                                new Parameter("AUTH", "<>"))));
    }

    @Test
    void aBracketInAParameterIsNoPath() throws Exception {
        assertThat(PathArgument.parse("FROM:root AUTH=<>"))
                .contains(new PathArgument("root", List.of(new Parameter("AUTH", "<>"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "TO:<a@b> X X",
                "TO:<a@b> x=1 X=2",
                "TO:<a@b> =1",
                "TO:<a@b> -x",
                "TO:<a@b> x=",
                "TO:<a@b> <c@d>",
                "TO:a@b <c@d>",
                "TO:<a@b>, <c@d>"
            })
    void wrongParametersAreRefused(String argument) {
        assertThatExceptionOfType(BadParameterException.class).isThrownBy(() -> {
            if (PathArgument.parse(argument).isEmpty()) {
                throw new BadParameterException("not even a path");
            }
        });
    }

    @ParameterizedTest
    @CsvSource({"TO:<a>, true", "to : <a>, true", "TO <a>, false", "FROM:<a>, false", "'', false", ":, false"})
    void theKeywordComesFirst(String argument, boolean isThere) {
        assertThat(PathArgument.hasKeyword("TO", argument)).isEqualTo(isThere);
    }
}
