/** Who may log in: the logins of a file, their passwords' hashes, and what each login may send. */
@NullMarked
package io.relaypod.logins;

import org.jspecify.annotations.NullMarked;
