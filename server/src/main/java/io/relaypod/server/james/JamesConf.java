package io.relaypod.server.james;

import org.apache.commons.configuration2.BaseHierarchicalConfiguration;
import org.apache.commons.configuration2.HierarchicalConfiguration;
import org.apache.commons.configuration2.ex.ConfigurationException;
import org.apache.commons.configuration2.tree.ImmutableNode;
import org.apache.james.server.core.configuration.ConfigurationProvider;
import org.apache.james.util.LoggingLevel;

/** The XML files of james-conf, with {@code ${env:NAME}} filled in. */
final class JamesConf implements ConfigurationProvider {

    private final ConfigurationProvider files;
    private final EnvironmentLookup environment;

    JamesConf(ConfigurationProvider files, EnvironmentLookup environment) {
        this.files = files;
        this.environment = environment;
    }

    @Override
    public HierarchicalConfiguration<ImmutableNode> getConfiguration(String component, LoggingLevel whenMissing)
            throws ConfigurationException {
        HierarchicalConfiguration<ImmutableNode> configuration = files.getConfiguration(component, whenMissing);
        configuration.getInterpolator().registerLookup("env", environment);
        // Filled in here and now: a part of a configuration would ask the process' environment again, past our defaults
        // and forms.
        HierarchicalConfiguration<ImmutableNode> filledIn = configuration instanceof BaseHierarchicalConfiguration whole
                ? (BaseHierarchicalConfiguration) whole.interpolatedConfiguration()
                : configuration;
        if (component.equals("mailetcontainer")) {
            EndOfProcessor.addTo(filledIn);
        }
        return filledIn;
    }
}
