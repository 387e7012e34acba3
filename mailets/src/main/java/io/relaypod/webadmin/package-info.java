/** Routes of James' webadmin about recipients' domains. */
package io.relaypod.webadmin;
