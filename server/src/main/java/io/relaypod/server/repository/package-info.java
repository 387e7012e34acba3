/** Mail repositories: where mail is kept that is not on its way. */
package io.relaypod.server.repository;
