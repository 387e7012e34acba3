package io.relaypod.lab.dns;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** Makes the responses to queries. Immutable; RFC 1035 section 4, RFC 6891 for sizes beyond 512. */
final class Responder {

    static final int MAX_TCP_SIZE = 65535;

    private static final int MIN_UDP_SIZE = 512;
    private static final int SERVER_UDP_SIZE = 4096;
    private static final int DEFAULT_TTL = 300;
    /** The second byte of ARCOUNT in the header. */
    private static final int COUNT_OF_ADDITIONAL = 11;

    private final Zones zones;

    Responder(Zones zones) {
        this.zones = zones;
    }

    /** The records of the zones. Over UDP with the TC bit if they exceed the client's size. */
    byte[] answer(Message query, boolean tcp) {
        return answered(query).toWire(tcp ? MAX_TCP_SIZE : udpSize(query));
    }

    byte[] truncated(Message query) {
        Message response = blank(query, Rcode.NOERROR);
        response.getHeader().setFlag(Flags.AA);
        response.getHeader().setFlag(Flags.TC);
        return response.toWire(MIN_UDP_SIZE);
    }

    /** Only the first record, with the TC bit. */
    byte[] truncatedPart(Message query) {
        Message response = answered(query);
        List<Record> records = response.getSection(Section.ANSWER);
        response.removeAllRecords(Section.ANSWER);
        add(response, Section.ANSWER, records.subList(0, Math.min(1, records.size())));
        response.getHeader().setFlag(Flags.TC);
        return response.toWire(MIN_UDP_SIZE);
    }

    /** The records in the additional section, where resolvers do not look for answers. */
    byte[] inAdditionalSection(Message query, boolean optInAnswer) {
        Message response = answered(query);
        List<Record> records = response.getSection(Section.ANSWER);
        response.removeAllRecords(Section.ANSWER);
        response.removeAllRecords(Section.ADDITIONAL);
        if (optInAnswer) {
            response.addRecord(new OPTRecord(SERVER_UDP_SIZE, 0, 0), Section.ANSWER);
        }
        add(response, Section.ADDITIONAL, records);
        return response.toWire(SERVER_UDP_SIZE);
    }

    /** Errors of servers that do not know EDNS (RFC 6891). */
    byte[] refusingEdns(Message query, DnsBehaviour.Fixed how) {
        return switch (how) {
            case EDNS_NOTIMP -> withoutOpt(query, Rcode.NOTIMP).toWire();
            case EDNS_SERVFAIL -> withoutOpt(query, Rcode.SERVFAIL).toWire();
            case EDNS_BADVERS -> {
                Message response = withoutOpt(query, Rcode.NOERROR);
                response.addRecord(new OPTRecord(SERVER_UDP_SIZE, Rcode.BADVERS >> 4, 0), Section.ADDITIONAL);
                yield response.toWire();
            }
            case EDNS_FORMERR_BARE -> {
                Message response = withoutOpt(query, Rcode.FORMERR);
                response.removeAllRecords(Section.QUESTION);
                yield response.toWire();
            }
            case EDNS_FORMERR_ECHO -> {
                byte[] response = withoutOpt(query, Rcode.FORMERR).toWire();
                response[COUNT_OF_ADDITIONAL] = 1;
                yield response;
            }
            default -> withoutOpt(query, Rcode.FORMERR).toWire();
        };
    }

    private static Message withoutOpt(Message query, int rcode) {
        Message response = blank(query, rcode);
        response.removeAllRecords(Section.ADDITIONAL);
        return response;
    }

    /** The records of the zones, or an address for a name that does not exist. */
    byte[] inventing(Message query, String address, boolean tcp) {
        Message response = answered(query);
        if (response.getRcode() == Rcode.NXDOMAIN) {
            response = blank(query, Rcode.NOERROR);
            if (query.getQuestion().getType() == Type.A) {
                response.addRecord(
                        new ARecord(query.getQuestion().getName(), DClass.IN, DEFAULT_TTL, inet(address)),
                        Section.ANSWER);
            }
        }
        return response.toWire(tcp ? MAX_TCP_SIZE : udpSize(query));
    }

    private static InetAddress inet(String address) {
        try {
            return InetAddress.getByName(address);
        } catch (UnknownHostException notAnAddress) {
            throw new IllegalArgumentException(address, notAnAddress);
        }
    }

    byte[] withWrongId(Message query, boolean tcp) {
        byte[] response = answer(query, tcp);
        response[0] ^= 0x55;
        response[1] ^= 0x55;
        return response;
    }

    byte[] lame(Message query) {
        return blank(query, Rcode.NOERROR).toWire(MIN_UDP_SIZE);
    }

    byte[] nodataWithoutSoa(Message query) {
        Message response = blank(query, Rcode.NOERROR);
        response.getHeader().setFlag(Flags.AA);
        return response.toWire(MIN_UDP_SIZE);
    }

    byte[] error(Message query, int rcode) {
        return blank(query, rcode).toWire(MIN_UDP_SIZE);
    }

    /** A header without an error and without the TC bit, followed by counts and names that point beyond the end. */
    byte[] garbage(Message query) {
        byte[] response = new byte[64];
        Arrays.fill(response, (byte) 0xEE);
        int id = query.getHeader().getID();
        response[0] = (byte) (id >> 8);
        response[1] = (byte) id;
        response[2] = (byte) 0x81;
        response[3] = (byte) 0x80;
        return response;
    }

    private Message answered(Message query) {
        Record question = query.getQuestion();
        if (query.getHeader().getOpcode() != Opcode.QUERY) {
            return blank(query, Rcode.NOTIMP);
        }
        if (question.getDClass() != DClass.IN && question.getDClass() != DClass.ANY) {
            return blank(query, Rcode.REFUSED);
        }
        Zones.ZoneAnswer answer = zones.lookup(question.getName(), question.getType());
        Message response = blank(query, answer.rcode());
        response.getHeader().setFlag(Flags.AA);
        add(response, Section.ANSWER, answer.records());
        add(response, Section.AUTHORITY, answer.soa().stream().toList());
        return response;
    }

    private static void add(Message response, int section, List<Record> records) {
        records.forEach(record -> response.addRecord(record, section));
    }

    private static Message blank(Message query, int rcode) {
        Header request = query.getHeader();
        Message response = new Message(request.getID());
        Header header = response.getHeader();
        header.setOpcode(request.getOpcode());
        header.setRcode(rcode);
        header.setFlag(Flags.QR);
        // Stub resolvers need a recursive server. This server knows all names of the lab, so it can say so.
        header.setFlag(Flags.RA);
        if (request.getFlag(Flags.RD)) {
            header.setFlag(Flags.RD);
        }
        if (query.getQuestion() != null) {
            response.addRecord(query.getQuestion(), Section.QUESTION);
        }
        if (query.getOPT() != null) {
            response.addRecord(new OPTRecord(SERVER_UDP_SIZE, 0, 0), Section.ADDITIONAL);
        }
        return response;
    }

    private static int udpSize(Message query) {
        OPTRecord opt = query.getOPT();
        return opt == null ? MIN_UDP_SIZE : Math.max(MIN_UDP_SIZE, opt.getPayloadSize());
    }
}
