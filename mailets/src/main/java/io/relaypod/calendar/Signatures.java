package io.relaypod.calendar;

import java.util.Set;

import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.Part;

/** What becomes of a signature (RFC 1847) when what it signs is changed: it would not hold, so it goes, and what was signed stays. */
final class Signatures {

    private Signatures() {
    }

    static boolean isSigned(Part part) {
        return part.type().is("multipart", "signed") && !part.children().isEmpty();
    }

    static boolean isContentField(HeaderField field) {
        return field.name().startsWith("content-");
    }

    /** Puts what was signed in the place of the multipart that signed it. */
    static void unwrap(Part signed, Edits edits) {
        Part content = signed.children().get(0);
        if (signed.isMessage()) {
            signed.fields().stream().filter(Signatures::isContentField).forEach(field -> edits.delete(field.start(), field.end()));
            content.fields().stream().filter(field -> !isContentField(field)).forEach(field -> edits.delete(field.start(), field.end()));
            edits.delete(signed.headerEnd(), content.headerStart());
        } else {
            edits.delete(signed.headerStart(), content.headerStart());
        }
        edits.delete(content.end(), signed.end());
    }

    /** Unwraps whatever signed one of the changed parts. */
    static int unwrapAround(Set<Part> changed, Part part, Edits edits) {
        int unwrapped = part.children().stream().mapToInt(child -> unwrapAround(changed, child, edits)).sum();
        if (isSigned(part) && holdsOneOf(changed, part)) {
            unwrap(part, edits);
            return unwrapped + 1;
        }
        return unwrapped;
    }

    /** Whether one of the parts is where a signature should be, and would go with it. */
    static boolean isBesideContent(Set<Part> parts, Part part) {
        return isSigned(part) && part.children().stream().skip(1).anyMatch(child -> holdsOneOf(parts, child))
            || part.children().stream().anyMatch(child -> isBesideContent(parts, child));
    }

    private static boolean holdsOneOf(Set<Part> changed, Part part) {
        return changed.contains(part) || part.children().stream().anyMatch(child -> holdsOneOf(changed, child));
    }
}
