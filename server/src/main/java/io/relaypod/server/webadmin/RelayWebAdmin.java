package io.relaypod.server.webadmin;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.annotation.PreDestroy;
import javax.inject.Inject;
import javax.inject.Named;
import javax.inject.Provider;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.relaypod.memory.MemoryBudget;
import io.relaypod.server.settings.Settings;
import io.relaypod.server.settings.WebAdminSettings;
import org.apache.james.metrics.api.MetricFactory;
import org.apache.james.util.Port;
import org.apache.james.webadmin.Constants;
import org.apache.james.webadmin.Routes;
import org.apache.james.webadmin.WebAdminConfiguration;
import org.apache.james.webadmin.WebAdminServer;
import org.apache.james.webadmin.authentication.NoAuthenticationFilter;
import org.apache.james.webadmin.mdc.LoggingRequestFilter;
import org.apache.james.webadmin.metric.MetricPostFilter;
import org.apache.james.webadmin.metric.MetricPreFilter;
import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.apache.james.webadmin.utils.JsonExtractException;
import org.eclipse.jetty.http.HttpStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import spark.Request;
import spark.Response;
import spark.Service;
import spark.embeddedserver.EmbeddedServers;
import spark.http.matching.MatcherFilter;

/**
 * James' webadmin behind {@link AdminRequestHandler}. James' own server reads and logs a request's body before it
 * checks the credentials, and admits every web page. Started and stopped by one thread.
 */
public final class RelayWebAdmin extends WebAdminServer {

    private static final Logger LOGGER = LoggerFactory.getLogger(RelayWebAdmin.class);

    private static final int LONGEST_PATH = 200;
    private static final Duration START_TIME = Duration.ofSeconds(60);

    private final WebAdminConfiguration configuration;
    private final List<Routes> routes;
    private final BoundedListings listings;
    private final MetricFactory metrics;
    private final MeterRegistry meters;
    private final Settings settings;
    private final Provider<AdminCredentials> credentials;
    private final MemoryBudget budget;
    private final Service service = Service.ignite();
    private final CompletableFuture<Integer> listening = new CompletableFuture<>();

    /**
     * @param routes all but the listings
     * @param listings replace James' listings, which hold a whole list in memory
     */
    @Inject
    public RelayWebAdmin(
            WebAdminConfiguration configuration,
            @Named("webAdminRoutes") List<Routes> routes,
            BoundedListings listings,
            MetricFactory metrics,
            MeterRegistry meters,
            Settings settings,
            Provider<AdminCredentials> credentials,
            MemoryBudget budget) {
        super(configuration, List.of(), new NoAuthenticationFilter(), metrics, LoggingRequestFilter.create());
        this.configuration = configuration;
        this.routes = List.copyOf(routes);
        this.listings = listings;
        this.metrics = metrics;
        this.meters = meters;
        this.settings = settings;
        this.credentials = credentials;
        this.budget = budget;
    }

    @Override
    public RelayWebAdmin start() {
        settings.webadmin().ifPresent(this::start);
        return this;
    }

    private void start(WebAdminSettings served) {
        AdminRequestHandler.Checks checks =
                new AdminRequestHandler.Checks(new RequestOriginCheck(served.names()), credentials.get(), budget);
        EmbeddedServers.add(service, (matcher, files, failures, others) -> {
            AdminJetty jetty = new AdminJetty(
                    new AdminRequestHandler(checks, new MatcherFilter(matcher, files, failures, false, false)),
                    listening);
            Gauge.builder("relaypod.webadmin.connections", jetty, AdminJetty::connections)
                    .description("Connections to WEBADMIN_ADDR that are open")
                    .register(meters);
            return jetty;
        });
        service.embeddedServerIdentifier(service);
        service.initExceptionHandler(listening::completeExceptionally);
        try {
            // Spark requires an address, although Jetty accepts a name.
            service.ipAddress(InetAddress.getByName(configuration.getHost()).getHostAddress());
        } catch (UnknownHostException unknown) {
            throw new IllegalStateException(
                    "no address is known of " + configuration.getHost() + " (WEBADMIN_ADDR)", unknown);
        }
        service.port(configuration.getPort().get().getValue());
        failures();
        service.before(new MetricPreFilter(metrics));
        service.before((request, response) -> response.type(Constants.JSON_CONTENT_TYPE));
        new OpenedMessages(budget).define(service);
        listings.define(service);
        routes.forEach(each -> each.define(service));
        service.after(new MetricPostFilter());
        service.afterAfter(RelayWebAdmin::log);
        // Spark itself would wait for ever if it cannot listen.
        try {
            listening.get(START_TIME.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            throw new IllegalStateException(
                    "cannot listen at " + configuration.getHost() + " (WEBADMIN_ADDR): " + failed.getMessage(), failed);
        } catch (InterruptedException stopNow) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while webadmin was starting", stopNow);
        }
    }

    // Changes are logged, reads are not. The query is left out, since it may have an address.
    private static void log(Request request, Response response) {
        if (!request.requestMethod().equals("GET") && !request.requestMethod().equals("HEAD")) {
            LOGGER.info(
                    "event=webadmin-change client={} method={} path={} status={}",
                    request.ip(),
                    request.requestMethod(),
                    path(request),
                    response.status());
        }
    }

    private static String path(Request request) {
        String path = request.raw().getRequestURI();
        return path.substring(0, Math.min(LONGEST_PATH, path.length()));
    }

    private void failures() {
        service.notFound((request, response) -> ErrorResponder.builder()
                .statusCode(HttpStatus.NOT_FOUND_404)
                .type(ErrorType.NOT_FOUND)
                .message("%s %s can not be found", request.requestMethod(), request.pathInfo())
                .asString());
        service.internalServerError((request, response) -> internalError());
        service.exception(IOException.class, RelayWebAdmin::brokenOff);
        service.exception(
                JsonExtractException.class,
                (wrong, request, response) -> badRequest(response, "JSON payload of the request is not valid", wrong));
        service.exception(
                IllegalArgumentException.class,
                (wrong, request, response) ->
                        badRequest(response, "Invalid arguments supplied in the user request", wrong));
    }

    private static String internalError() {
        return ErrorResponder.builder()
                .statusCode(HttpStatus.INTERNAL_SERVER_ERROR_500)
                .type(ErrorType.SERVER_ERROR)
                .message("WebAdmin encountered an unexpected internal error")
                .asString();
    }

    // A client that leaves while it is answered is no error of the relay.
    private static void brokenOff(IOException failure, Request request, Response response) {
        boolean hasLeft = response.raw().isCommitted() && !(failure.getCause() instanceof RuntimeException);
        if (hasLeft) {
            LOGGER.debug("event=webadmin-client-left client={} path={}", request.ip(), path(request));
        } else {
            LOGGER.error("event=webadmin-failed client={} path={}", request.ip(), path(request), failure);
        }
        if (response.raw().isCommitted()) {
            response.body("");
            org.eclipse.jetty.server.Request.getBaseRequest(request.raw())
                    .getHttpChannel()
                    .abort(failure);
        } else {
            response.status(HttpStatus.INTERNAL_SERVER_ERROR_500);
            response.body(internalError());
        }
    }

    private static void badRequest(Response response, String message, Exception wrong) {
        response.status(HttpStatus.BAD_REQUEST_400);
        response.body(ErrorResponder.builder()
                .statusCode(HttpStatus.BAD_REQUEST_400)
                .type(ErrorType.INVALID_ARGUMENT)
                .message("%s", message)
                .cause(wrong)
                .asString());
    }

    @Override
    @PreDestroy
    public void destroy() {
        if (listening.isDone()) {
            service.stop();
            service.awaitStop();
        }
    }

    @Override
    public Port getPort() {
        return new Port(listening.join());
    }
}
