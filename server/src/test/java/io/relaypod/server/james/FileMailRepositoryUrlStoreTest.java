package io.relaypod.server.james;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.apache.james.mailrepository.MailRepositoryUrlStoreContract;
import org.apache.james.mailrepository.api.MailRepositoryUrl;
import org.apache.james.mailrepository.api.MailRepositoryUrlStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.support.TypeBasedParameterResolver;
import org.junit.jupiter.api.io.TempDir;

class FileMailRepositoryUrlStoreTest implements MailRepositoryUrlStoreContract {

    private static final MailRepositoryUrl FAILED = MailRepositoryUrl.from("file://var/mail/failed/");
    private static final MailRepositoryUrl ERROR = MailRepositoryUrl.from("file://var/mail/error/");

    @TempDir
    private Path directory;

    /** The contract's tests ask for their store as a parameter. */
    @RegisterExtension
    private final StoreParameter parameter = new StoreParameter();

    private final class StoreParameter extends TypeBasedParameterResolver<MailRepositoryUrlStore> {

        @Override
        public MailRepositoryUrlStore resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return store();
        }
    }

    @Test
    void whatWasAddedIsThereAfterARestart() {
        store().add(FAILED);
        store().add(ERROR);

        assertThat(store().listDistinct()).containsExactlyInAnyOrder(FAILED, ERROR);
        assertThat(store().contains(FAILED)).isTrue();
    }

    @Test
    void addingTwiceWritesOnce() throws Exception {
        MailRepositoryUrlStore store = store();
        store.add(FAILED);
        store.add(FAILED);
        store().add(FAILED);

        assertThat(Files.readAllLines(file())).containsExactly(FAILED.asString());
    }

    @Test
    void blankLinesInTheFileAreNoRepositories() throws Exception {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), "\n  \nfile://var/mail/failed/\n\n");

        assertThat(store().listDistinct()).containsExactly(FAILED);
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws Exception {
        Files.createDirectories(file());

        assertThatThrownBy(this::store)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file().toString());
    }

    @Test
    void whatCouldNotBeWrittenIsNotListed() throws Exception {
        MailRepositoryUrlStore store = store();
        Files.createDirectories(file());

        assertThatThrownBy(() -> store.add(FAILED))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(file().toString());
        assertThat(store.contains(FAILED)).isFalse();

        Files.delete(file());
        store.add(FAILED);
        assertThat(store().contains(FAILED)).as("once the disk is well again").isTrue();
    }

    private Path file() {
        return directory.resolve("var/mail/repositories");
    }

    private FileMailRepositoryUrlStore store() {
        return new FileMailRepositoryUrlStore(file());
    }
}
