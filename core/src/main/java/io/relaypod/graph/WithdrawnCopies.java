package io.relaypod.graph;

import java.io.IOException;
import java.nio.file.Path;

/** Where copies go that smtp2graph will never deliver. */
@FunctionalInterface
public interface WithdrawnCopies {

    /**
     * Stores a copy durably. Called again with the same file after a crash; it must not be stored twice then.
     *
     * @param header of the file
     * @param file stays until this method returns
     * @param error why
     * @param mayBeCut whether a power failure may have cut the file; it must not replace a complete one
     * @throws IOException if it is not stored; it is tried again later
     */
    void store(CopyHeader header, Path file, GraphError error, boolean mayBeCut) throws IOException;
}
