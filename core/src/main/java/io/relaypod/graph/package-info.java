/**
 * What becomes of a message behind Mailpit: smtp2graph's directories, the copies in them, and Graph's answers.
 *
 * <p>One file is one copy. smtp2graph writes {@code temp/ID.eml}, answers 250 and moves the file to {@code queue/}. The
 * file's deletion from there is the only sign that Graph accepted the copy. smtp2graph moves a copy that it gives up to
 * {@code failed/}, and writes reasons to {@code logs/error.log}.
 */
@NullMarked
package io.relaypod.graph;

import org.jspecify.annotations.NullMarked;
