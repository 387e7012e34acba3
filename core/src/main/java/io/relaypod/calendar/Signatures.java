package io.relaypod.calendar;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

import io.relaypod.mime.Edits;
import io.relaypod.mime.HeaderField;
import io.relaypod.mime.Part;

/** Removes signatures (RFC 1847) over changed content, because they would be invalid. The signed content stays. */
final class Signatures {

    private Signatures() {}

    static boolean isSigned(Part part) {
        return part.type().is("multipart", "signed") && !part.children().isEmpty();
    }

    static boolean isContentField(HeaderField field) {
        return field.name().startsWith("content-");
    }

    /** Replaces the signed multipart by its content. */
    static void unwrap(Part signed, Edits edits) {
        Part content = signed.children().get(0);
        if (signed.isMessage()) {
            signed.fields().stream()
                    .filter(Signatures::isContentField)
                    .forEach(field -> edits.delete(field.start(), field.end()));
            content.fields().stream()
                    .filter(field -> !isContentField(field))
                    .forEach(field -> edits.delete(field.start(), field.end()));
            edits.delete(signed.headerEnd(), content.headerStart());
        } else {
            edits.delete(signed.headerStart(), content.headerStart());
        }
        edits.delete(content.end(), signed.end());
    }

    /** The parts in the place of signatures, which are removed with them. */
    static Set<Part> besideContent(Part message) {
        Set<Part> beside = Collections.newSetFromMap(new IdentityHashMap<>());
        collect(message, false, beside);
        return beside;
    }

    private static void collect(Part part, boolean isBeside, Set<Part> beside) {
        if (isBeside) {
            beside.add(part);
        }
        for (Part child : part.children()) {
            collect(
                    child,
                    isBeside || isSigned(part) && child != part.children().get(0),
                    beside);
        }
    }
}
