package io.relaypod.server.jamesconf;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Modifier;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.inject.Provider;

import com.google.common.reflect.ClassPath;
import com.google.inject.ConfigurationException;
import com.google.inject.ImplementedBy;
import com.google.inject.Key;
import com.google.inject.ProvidedBy;
import com.google.inject.spi.Dependency;
import com.google.inject.spi.InjectionPoint;
import io.relaypod.server.settings.NearName;
import org.apache.james.utils.ClassName;
import org.apache.james.utils.ExtendedClassLoader;
import org.apache.james.utils.FullyQualifiedClassName;
import org.apache.james.utils.NamingScheme;

/**
 * The classes that XML may name: those of the class path and of DATA_DIR/extensions-jars. Decides as James would
 * whether one can be found and made, without making it. Immutable.
 *
 * @param loader of the classes
 * @param bound what a class may ask for, beside what Guice makes by itself
 */
public record NamedClasses(ExtendedClassLoader loader, Set<Key<?>> bound) {

    private static final Pattern ARRAY = Pattern.compile("^\\[L|;$");
    private static final String MX_RECORDS = "MX or TXT records through James, which asks DNS for addresses alone here";
    // They could be made, and would fail for every mail.
    private static final Map<String, String> FAIL_LATER = Map.of(
            "org.apache.james.transport.matchers.SenderInFakeDomain", MX_RECORDS,
            "org.apache.james.smtpserver.fastfail.ValidRcptMX", MX_RECORDS,
            "org.apache.james.smtpserver.fastfail.ValidSenderDomainHandler", MX_RECORDS,
            "org.apache.james.smtpserver.fastfail.DNSRBLHandler", MX_RECORDS,
            "org.apache.james.smtpserver.fastfail.URIRBLHandler", MX_RECORDS);

    /** Takes a copy. */
    public NamedClasses {
        bound = Set.copyOf(bound);
    }

    /** The class that James would take. */
    public Optional<Class<?>> find(String name, NamingScheme names) {
        return names.toFullyQualifiedClassNames(new ClassName(name))
                .flatMap(this::locate)
                .findFirst();
    }

    private Stream<Class<?>> locate(FullyQualifiedClassName name) {
        try {
            return Stream.of(loader.<Object>locateClass(name));
        } catch (ClassNotFoundException | LinkageError | RuntimeException noClass) {
            return Stream.empty();
        }
    }

    /**
     * Why James could not make an object of the class.
     *
     * @param kind of which it has to be
     * @param word for the kind, such as {@code mailet}
     */
    public Optional<String> problem(Class<?> found, Class<?> kind, String word) {
        if (!kind.isAssignableFrom(found)) {
            return Optional.of(found.getName() + " is no " + word);
        }
        if (found.isInterface() || Modifier.isAbstract(found.getModifiers())) {
            return Optional.of(found.getName() + " is abstract: it is no " + word + " by itself");
        }
        if (FAIL_LATER.containsKey(found.getName())) {
            return Optional.of(found.getSimpleName() + " needs " + FAIL_LATER.get(found.getName()));
        }
        try {
            return missing(found, new HashSet<>())
                    .map(what -> found.getSimpleName() + " needs " + what + ", which relaypod does not have");
        } catch (LinkageError incomplete) {
            return Optional.of(found.getSimpleName() + " needs "
                    + ARRAY.matcher(String.valueOf(incomplete.getMessage()))
                            .replaceAll("")
                            .replace('/', '.')
                    + ", which relaypod does not have");
        } catch (ConfigurationException noConstructor) {
            return Optional.of(found.getName() + " has no constructor without parameters and none with @Inject");
        }
    }

    /** Whether the class asks for nothing but these. */
    static boolean asksOnlyFor(Set<Class<?>> available, Class<?> type) {
        try {
            return dependencies(type)
                    .map(dependency -> dependency.getKey().getTypeLiteral().getRawType())
                    .allMatch(available::contains);
        } catch (LinkageError | ConfigurationException cannotBeMade) {
            return false;
        }
    }

    private static Stream<Dependency<?>> dependencies(Class<?> type) {
        return Stream.concat(
                        Stream.of(InjectionPoint.forConstructorOf(type)),
                        InjectionPoint.forInstanceMethodsAndFields(type).stream()
                                .filter(point -> !point.isOptional()))
                .flatMap(point -> point.getDependencies().stream());
    }

    private Optional<String> missing(Class<?> type, Set<Class<?>> seen) {
        if (!seen.add(type)) {
            return Optional.empty();
        }
        return dependencies(type)
                .flatMap(dependency -> missing(dependency.getKey(), seen).stream())
                .findFirst();
    }

    private Optional<String> missing(Key<?> key, Set<Class<?>> seen) {
        Class<?> type = key.getTypeLiteral().getRawType();
        // Guice makes a provider of what it can make.
        boolean isProvider = Provider.class.isAssignableFrom(type);
        if (bound.contains(key) || isProvider || type.getName().startsWith("com.google.inject.")) {
            return Optional.empty();
        }
        boolean isMadeByGuice = key.getAnnotation() == null
                && key.getAnnotationType() == null
                && (has(type, ImplementedBy.class)
                        || has(type, ProvidedBy.class)
                        || !type.isInterface()
                                && !Modifier.isAbstract(type.getModifiers())
                                && !type.getName().startsWith("java."));
        if (!isMadeByGuice) {
            return Optional.of(type.getName());
        }
        try {
            return has(type, ImplementedBy.class) || has(type, ProvidedBy.class)
                    ? Optional.empty()
                    : missing(type, seen);
        } catch (ConfigurationException cannotBeMade) {
            return Optional.of(type.getName());
        }
    }

    private static boolean has(Class<?> type, Class<? extends Annotation> annotation) {
        return type.isAnnotationPresent(annotation);
    }

    /** The question about a name that was not found; empty if none is near. */
    String question(String name, String packageName) {
        Map<String, String> known = simpleNames(packageName);
        String simple = name.substring(name.lastIndexOf('.') + 1);
        return known.containsKey(simple)
                ? "did you mean " + known.get(simple) + "?"
                : NearName.of(simple, known.keySet())
                        .map(near -> "did you mean " + known.get(near) + "?")
                        .orElse("");
    }

    // Ours need their package, James' do not.
    private static Map<String, String> simpleNames(String jamesPackage) {
        try {
            ClassPath classes = ClassPath.from(NamedClasses.class.getClassLoader());
            return Stream.concat(
                            classes.getTopLevelClasses(jamesPackage).stream()
                                    .map(ClassPath.ClassInfo::getSimpleName)
                                    .map(name -> Map.entry(name, name)),
                            Stream.of("io.relaypod.mailets", "io.relaypod.gateway")
                                    .flatMap(ours -> classes.getTopLevelClasses(ours).stream())
                                    .map(info -> Map.entry(info.getSimpleName(), info.getName())))
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (james, ours) -> james));
        } catch (IOException unreadable) {
            return Map.of();
        }
    }
}
