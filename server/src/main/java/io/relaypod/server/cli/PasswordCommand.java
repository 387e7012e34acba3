package io.relaypod.server.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;

import io.relaypod.logins.PasswordHash;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Makes the hash that a line of SMTP_USERS_FILE has behind the login's name. */
@Command(
        name = "password",
        mixinStandardHelpOptions = true,
        description =
                "Print the hash of a password for SMTP_USERS_FILE. The command prompts for the password, or reads the first line of standard input.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:no password that can be used"})
final class PasswordCommand implements Callable<Integer> {

    private static final int SHORTEST = 8;
    private static final int LONGEST_LINE = 1_000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        byte[] password = System.console() == null ? firstLine() : asked(System.console());
        if (password.length < SHORTEST) {
            throw new IllegalArgumentException("the password has " + password.length + " bytes; expected " + SHORTEST
                    + " to " + PasswordHash.LONGEST_PASSWORD);
        }
        Terminal terminal = new Terminal(spec);
        String hash = PasswordHash.of(password).text();
        if (terminal.isJson()) {
            terminal.json(Map.of("hash", hash));
        } else {
            terminal.line(hash);
        }
        return Terminal.DONE;
    }

    private static byte[] asked(Console console) {
        char[] once = typed(console.readPassword("Password: "));
        if (!Arrays.equals(once, typed(console.readPassword("Once more: ")))) {
            throw new IllegalArgumentException("the two are not the same");
        }
        ByteBuffer utf8 = StandardCharsets.UTF_8.encode(CharBuffer.wrap(once));
        byte[] bytes = new byte[utf8.remaining()];
        utf8.get(bytes);
        return bytes;
    }

    private static char[] typed(char[] line) {
        if (line == null) { // Java's way to say that the input has ended
            throw new IllegalArgumentException("no password was typed");
        }
        return line;
    }

    private static byte[] firstLine() throws IOException {
        byte[] input = System.in.readNBytes(LONGEST_LINE);
        int end = 0;
        while (end < input.length && input[end] != '\n' && input[end] != '\r') {
            end++;
        }
        return Arrays.copyOf(input, end);
    }
}
