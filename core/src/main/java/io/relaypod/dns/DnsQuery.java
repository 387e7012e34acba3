package io.relaypod.dns;

import java.io.IOException;
import java.time.Duration;

import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;

/**
 * One try of a question at one server: over UDP, once more without EDNS where the server does not bear it, and over TCP
 * when the answer is truncated. If TCP brings nothing, records in the truncated answer do. For one loop's thread.
 */
final class DnsQuery {

    // RFC 6891; dnsjava's default, which nearly all networks pass unfragmented.
    private static final Record EDNS = new OPTRecord(SimpleResolver.DEFAULT_EDNS_PAYLOADSIZE, 0, 0, 0);

    private final DnsSockets sockets;
    private final DnsServer server;
    private final Name name;
    private final int type;
    private final Duration timeout;
    private final AnswerHandler handler;
    private Runnable cancel = () -> {};
    private boolean isOver;

    /** Receives the result once, on the loop's thread. */
    interface AnswerHandler {

        void answered(DnsAnswer answer);

        void failed(IOException failure);
    }

    /** @param timeout of UDP, and of TCP */
    DnsQuery(DnsSockets sockets, DnsServer server, Name name, int type, Duration timeout, AnswerHandler handler) {
        this.sockets = sockets;
        this.server = server;
        this.name = name;
        this.type = type;
        this.timeout = timeout;
        this.handler = handler;
    }

    /**
     * @param isLast whether this is the last query to the server. A server that never answered with EDNS is then
     *     queried without it, because EDNS may be the reason
     */
    DnsQuery begin(boolean isLast) {
        ask(!server.isWithoutEdns() && (!isLast || server.hasAnsweredEdns()));
        return this;
    }

    /** Ends the query without a result. */
    void cancel() {
        isOver = true;
        cancel.run();
    }

    // A new ID: an attacker who saw the last query cannot forge an answer to this one.
    private Message query(boolean withEdns) {
        Message query = Message.newQuery(Record.newRecord(name, type, DClass.IN));
        if (withEdns) {
            query.addRecord(EDNS, Section.ADDITIONAL);
        }
        return query;
    }

    private void ask(boolean withEdns) {
        Message query = query(withEdns);
        cancel = sockets.ask(server.address(), query, query.toWire(), timeout, new DnsSockets.ReplyHandler() {
            @Override
            public void answered(Message message) {
                read(query, withEdns, message);
            }

            @Override
            public void failed(IOException failure) {
                fail(failure);
            }
        });
    }

    private void read(Message query, boolean withEdns, Message message) {
        if (isOver) {
            return;
        }
        int rcode = message.getRcode();
        if (withEdns && rejectsEdns(rcode)) {
            ask(false);
            return;
        }
        boolean isAnswer = rcode == Rcode.NOERROR || rcode == Rcode.NXDOMAIN;
        if (withEdns && (isAnswer || message.getOPT() != null)) {
            server.answeredEdns();
        } else if (!withEdns && isAnswer) {
            server.answeredWithoutEdns();
        }
        if (message.getHeader().getFlag(Flags.TC)) {
            askOverTcp(query, message);
            return;
        }
        try {
            end(DnsMessageReader.read(message, name, type));
        } catch (IOException noAnswer) {
            fail(noAnswer);
        }
    }

    // RFC 6891 section 7. BADVERS is the reply to an EDNS version that the server does not know.
    private static boolean rejectsEdns(int rcode) {
        return rcode == Rcode.FORMERR || rcode == Rcode.NOTIMP || rcode == Rcode.BADVERS;
    }

    private void askOverTcp(Message query, Message truncated) {
        cancel = DnsTcp.ask(
                sockets.loop(), server.address(), query, timeout, sockets.memory(), new DnsSockets.ReplyHandler() {
                    @Override
                    public void answered(Message message) {
                        try {
                            end(DnsMessageReader.read(message, name, type));
                        } catch (IOException noAnswer) {
                            failed(noAnswer);
                        }
                    }

                    @Override
                    public void failed(IOException failure) {
                        useTruncated(truncated, failure);
                    }
                });
    }

    /** One usable record is enough for a verdict. */
    private void useTruncated(Message truncated, IOException failure) {
        try {
            DnsAnswer part = DnsMessageReader.read(truncated, name, type);
            if (part.isGood()) {
                end(part);
                return;
            }
        } catch (IOException noAnswer) {
            // the failure of TCP is more useful
        }
        fail(new IOException("TCP: " + failure.getMessage(), failure));
    }

    private void end(DnsAnswer answer) {
        if (!isOver) {
            isOver = true;
            handler.answered(answer);
        }
    }

    private void fail(IOException failure) {
        if (!isOver) {
            isOver = true;
            handler.failed(failure);
        }
    }
}
