package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;

class Smtp2GraphStandInContractTest extends Smtp2GraphContract {

    @Override
    Smtp2Graph start(InetSocketAddress graph) throws IOException {
        return Smtp2GraphStandIn.start(graph, Retries.byTestClock());
    }
}
