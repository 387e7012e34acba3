/** The environment variables: each described once, all read at start, every wrong one reported in one message. */
package io.relaypod.server.settings;
