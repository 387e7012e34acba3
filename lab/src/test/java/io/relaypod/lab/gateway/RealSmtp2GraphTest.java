package io.relaypod.lab.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;

import io.relaypod.lab.Peers;

class RealSmtp2GraphTest extends Smtp2GraphContract {

    @Override
    Smtp2Graph start(InetSocketAddress graph) throws IOException {
        Peers.require(
                "smtp2graph",
                RealSmtp2Graph.find().isPresent(),
                "the environment variable SMTP2GRAPH names no server.js");
        return RealSmtp2Graph.start(RealSmtp2Graph.find().orElseThrow(), graph);
    }
}
