package io.relaypod.server.james;

import io.relaypod.server.jamesconf.JamesConfFile;
import io.relaypod.server.jamesconf.JamesConfFiles;
import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.util.LoggingLevel;

/**
 * Gives James the XML files of james-conf, with {@code ${env:NAME}} filled in. A file that is not there, or that
 * relaypod does not read, is empty.
 */
final class JamesConf implements ConfigurationProvider {

    private final JamesConfFiles files;

    JamesConf(JamesConfFiles files) {
        this.files = files;
    }

    @Override
    public HierarchicalConfiguration<ImmutableNode> getConfiguration(String component, LoggingLevel whenMissing) {
        HierarchicalConfiguration<ImmutableNode> configuration =
                files.file(component).map(JamesConfFile::configuration).orElseGet(BaseHierarchicalConfiguration::new);
        if (component.equals("mailetcontainer")) {
            EndOfProcessor.addTo(configuration);
        }
        return configuration;
    }
}
