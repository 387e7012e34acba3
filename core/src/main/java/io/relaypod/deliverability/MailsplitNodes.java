package io.relaypod.deliverability;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Counts the MIME nodes of a mail and the bytes of their headers as mailsplit 5.4 does, by which smtp2graph 1.1.4
 * reads: {@code lib/message-splitter.js}. A mail beyond mailsplit's bounds ends the process of smtp2graph. A part
 * without an empty line behind its header is header as a whole. Memory is bounded by the depth of the nodes. For one
 * mail and one thread.
 */
final class MailsplitNodes {

    private static final int DEEPEST = 100;
    private static final int LONGEST_BOUNDARY = 1_000;

    private enum Delimiter {
        NONE,
        NEXT_CHILD,
        LAST_CHILD,
        NEXT_SIBLING,
        LAST_SIBLING
    }

    private final List<MailsplitNode> tree = new ArrayList<>();
    private MailsplitNode node = MailsplitNode.root();
    private boolean inHeader = true;
    private long nodes = 1;
    private long largestHeader;
    private long foldedLines;
    private Optional<String> problem = Optional.empty();

    MailsplitNodes() {
        tree.add(node);
    }

    /** @param line with its line break */
    void line(byte[] line) {
        Delimiter delimiter = line.length > 3 && line[0] == '-' && line[1] == '-' ? delimiter(line) : Delimiter.NONE;
        switch (delimiter) {
            case NEXT_CHILD -> begin(node.child());
            case NEXT_SIBLING -> begin(node.sibling());
            case LAST_SIBLING -> leave();
            case LAST_CHILD -> {}
            case NONE -> {
                if (inHeader) {
                    headerLine(line);
                }
            }
        }
    }

    private Delimiter delimiter(byte[] line) {
        int own = matches(line, node.boundary());
        if (own > 0) {
            return own == 1 ? Delimiter.NEXT_CHILD : Delimiter.LAST_CHILD;
        }
        int parents = matches(line, node.parentBoundary());
        return parents == 0 ? Delimiter.NONE : parents == 1 ? Delimiter.NEXT_SIBLING : Delimiter.LAST_SIBLING;
    }

    /** @return 1 for the delimiter before a part, 2 for the last one, 0 for neither */
    private static int matches(byte[] line, byte[] boundary) {
        int end = boundary.length + 2;
        if (boundary.length == 0 || line.length < end + 1 || line.length > end + 4) {
            return 0;
        }
        for (int i = 0; i < boundary.length; i++) {
            if (line[i + 2] != boundary[i]) {
                return 0;
            }
        }
        if (line[end] == '\r' || line[end] == '\n') {
            return 1;
        }
        boolean last = line[end] == '-'
                && (line.length == end + 1
                        || line[end + 1] == '-'
                                && (line.length == end + 2 || line[end + 2] == '\r' || line[end + 2] == '\n'));
        return last ? 2 : 0;
    }

    private void begin(MailsplitNode next) {
        nodes++;
        node = next;
        inHeader = true;
        if (node.depth() > DEEPEST) {
            refuse("MIME parts nested more than " + DEEPEST + " deep");
            // Deeper nodes are counted, but not stored.
            node = MailsplitNode.root();
        }
    }

    private void leave() {
        if (inHeader) {
            endHeader();
        }
        if (!tree.isEmpty()) {
            node = tree.remove(tree.size() - 1);
        }
        inHeader = false;
    }

    private void headerLine(byte[] line) {
        foldedLines += node.headerLine(line) ? 1 : 0;
        if (nodes > 1) {
            largestHeader = Math.max(largestHeader, node.headerLength());
        }
        boolean blank = line[0] == '\n' || line.length == 2 && line[0] == '\r' && line[1] == '\n';
        if (!blank) {
            return;
        }
        endHeader();
        if (node.isInlineMessage()) {
            begin(node.inlineMessage());
            return;
        }
        inHeader = false;
        if (node.opensMultipart() && tree.size() <= MailLimits.NODES) {
            tree.add(node);
        }
    }

    private void endHeader() {
        node.endHeader();
        if (node.isFatal()) {
            refuse("a parameter __proto__ in a MIME part, of which smtp2graph dies");
        }
        if (node.boundary().length > LONGEST_BOUNDARY) {
            node.forgetBoundary();
            refuse("a boundary of more than " + LONGEST_BOUNDARY + " bytes");
        }
    }

    private void refuse(String reason) {
        problem = problem.or(() -> Optional.of(reason));
    }

    /** Nodes so far, the mail itself among them. */
    long count() {
        return nodes;
    }

    /** Why smtp2graph cannot read the message, if so. To be called after the last line. */
    Optional<String> problem(long rootHeader) {
        if (inHeader) {
            endHeader();
        }
        if (nodes > MailLimits.NODES) {
            return Optional.of(
                    nodes + " MIME parts as smtp2graph counts them; at most " + MailLimits.NODES + " are taken");
        }
        long header = largestHeader + rootHeader + MailLimits.ADDED_TO_A_NODE;
        if (header > MailLimits.NODE_HEADER) {
            return Optional.of("a MIME part with " + largestHeader
                    + " bytes of header as smtp2graph counts them; with that of the mail at most "
                    + (MailLimits.NODE_HEADER - MailLimits.ADDED_TO_A_NODE) + " are taken");
        }
        if (foldedLines > MailLimits.FOLDED_LINES) {
            return Optional.of(foldedLines + " folded header lines; at most " + MailLimits.FOLDED_LINES + " are taken");
        }
        return problem;
    }
}
