/** Who may log in: the logins of a file, their passwords' hashes, and what each login may send. */
package io.relaypod.logins;
