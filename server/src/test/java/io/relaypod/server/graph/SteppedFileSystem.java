package io.relaypod.server.graph;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.ProviderMismatchException;
import java.nio.file.StandardOpenOption;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.time.Clock;
import java.time.Instant;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.StreamSupport;

/**
 * The machine's file system as one process sees it: each change is a {@link ProcessSteps step}, so that no step can be
 * overlooked. A write has two steps, before its first byte and in the middle. Knows what was not synced. Safe for use
 * by many threads.
 */
final class SteppedFileSystem extends FileSystem {

    private static final String RENAMED = "unix:ctime";
    private static final Set<StandardOpenOption> CHANGING =
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.APPEND, StandardOpenOption.DELETE_ON_CLOSE);

    private final FileSystem machine;
    private final SteppedProvider provider;
    private final ProcessSteps steps;
    private final Path home;
    private final ChangeTimes times;
    private final Set<SteppedChannel> open = ConcurrentHashMap.newKeySet();
    // Bytes on the disk, of the files that have more.
    private final Map<Path, Long> synced = new ConcurrentHashMap<>();

    /**
     * @param home steps are named by paths below it
     * @param times in place of the machine's, since nobody can set the time at which a file was renamed
     */
    SteppedFileSystem(ProcessSteps steps, Path home, ChangeTimes times) {
        this.machine = home.getFileSystem();
        this.provider = new SteppedProvider();
        this.steps = steps;
        this.home = home;
        this.times = times;
    }

    /** When files were last renamed or written, by the clock of the test. Safe for use by many threads. */
    static final class ChangeTimes {

        private final Clock clock;
        private final Map<Path, FileTime> changed = new ConcurrentHashMap<>();

        ChangeTimes(Clock clock) {
            this.clock = clock;
        }

        void changed(Path file) {
            changed.put(file, FileTime.from(clock.instant()));
        }

        FileTime of(Path file) {
            return changed.getOrDefault(file, FileTime.from(Instant.EPOCH));
        }
    }

    /** The same file, through this. */
    Path seen(Path path) {
        return new SteppedPath(path);
    }

    /** Closes what the process left open at its end, as a system does. */
    void closeAll() throws IOException {
        for (SteppedChannel channel : open) {
            channel.close();
        }
    }

    /**
     * What a power failure does: what was written and not synced is lost.
     *
     * @param part of it that is not lost
     */
    void losePower(double part) throws IOException {
        for (Map.Entry<Path, Long> each : synced.entrySet()) {
            if (Files.exists(each.getKey())) {
                cut(each.getKey(), each.getValue(), part);
            }
        }
    }

    /** Cuts a file of which only the beginning is on the disk. */
    static void cut(Path file, long onDisk, double part) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(onDisk + (long) ((channel.size() - onDisk) * part));
        }
    }

    private static Path real(Path path) {
        if (path instanceof SteppedPath stepped) {
            return stepped.real;
        }
        throw new ProviderMismatchException(String.valueOf(path));
    }

    // Names that differ from run to run would make each step a kind of its own.
    private String named(String change, Path path) {
        Path below = home.relativize(path);
        return change + " " + (path.toString().endsWith(".eml") ? below.getParent() + "/*.eml" : below);
    }

    private void take(String change, Path path) {
        steps.take(named(change, path));
    }

    private Path alive(Path path) {
        steps.alive("an access to " + path);
        return real(path);
    }

    private void written(Path file, long before) {
        synced.putIfAbsent(file, before);
    }

    @Override
    public FileSystemProvider provider() {
        return provider;
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException("the machine's file system stays open");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public boolean isReadOnly() {
        return machine.isReadOnly();
    }

    @Override
    public String getSeparator() {
        return machine.getSeparator();
    }

    @Override
    public Iterable<Path> getRootDirectories() {
        return StreamSupport.stream(machine.getRootDirectories().spliterator(), false)
                .map(this::seen)
                .toList();
    }

    @Override
    public Iterable<FileStore> getFileStores() {
        return machine.getFileStores();
    }

    @Override
    public Set<String> supportedFileAttributeViews() {
        return machine.supportedFileAttributeViews();
    }

    @Override
    public Path getPath(String first, String... more) {
        return seen(machine.getPath(first, more));
    }

    @Override
    public PathMatcher getPathMatcher(String pattern) {
        PathMatcher matcher = machine.getPathMatcher(pattern);
        return path -> matcher.matches(real(path));
    }

    @Override
    public UserPrincipalLookupService getUserPrincipalLookupService() {
        return machine.getUserPrincipalLookupService();
    }

    @Override
    public WatchService newWatchService() throws IOException {
        return machine.newWatchService();
    }

    private final class SteppedProvider extends FileSystemProvider {

        private final FileSystemProvider machines = machine.provider();

        @Override
        public String getScheme() {
            return "stepped";
        }

        @Override
        public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileSystem getFileSystem(URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path getPath(URI uri) {
            throw new UnsupportedOperationException();
        }

        @Override
        public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
                throws IOException {
            Path file = alive(path);
            if (options.stream().noneMatch(CHANGING::contains)) {
                return new SteppedChannel(file, machines.newFileChannel(file, options, attributes));
            }
            long before = Files.exists(file) ? Files.size(file) : 0;
            if (!Files.exists(file) || options.contains(StandardOpenOption.TRUNCATE_EXISTING)) {
                take("create", file);
                synced.put(file, 0L);
                before = 0;
            }
            FileChannel channel = machines.newFileChannel(file, options, attributes);
            written(file, before);
            return new SteppedChannel(file, channel);
        }

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
            return newFileChannel(path, options, attributes);
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path path, DirectoryStream.Filter<? super Path> filter)
                throws IOException {
            DirectoryStream<Path> entries =
                    machines.newDirectoryStream(alive(path), entry -> filter.accept(seen(entry)));
            return new DirectoryStream<>() {
                @Override
                public Iterator<Path> iterator() {
                    Iterator<Path> all = entries.iterator();
                    return new Iterator<>() {
                        @Override
                        public boolean hasNext() {
                            return all.hasNext();
                        }

                        @Override
                        public Path next() {
                            return seen(all.next());
                        }
                    };
                }

                @Override
                public void close() throws IOException {
                    entries.close();
                }
            };
        }

        @Override
        public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
            Path directory = alive(path);
            if (!Files.exists(directory)) {
                take("make", directory);
            }
            machines.createDirectory(directory, attributes);
        }

        @Override
        public void delete(Path path) throws IOException {
            Path file = alive(path);
            if (Files.exists(file)) {
                take("delete", file);
            }
            machines.delete(file);
            synced.remove(file);
        }

        @Override
        public void copy(Path source, Path target, CopyOption... options) throws IOException {
            take("copy", alive(target));
            machines.copy(real(source), real(target), options);
            written(real(target), 0);
        }

        @Override
        public void move(Path source, Path target, CopyOption... options) throws IOException {
            Path from = alive(source);
            Path to = real(target);
            if (Files.exists(from)) {
                take("move " + home.relativize(from.getParent()) + " to", to);
            }
            machines.move(from, to, options);
            times.changed(to);
            synced.remove(to);
            Long onDisk = synced.remove(from);
            if (onDisk != null) {
                synced.put(to, onDisk);
            }
        }

        @Override
        public boolean isSameFile(Path one, Path other) throws IOException {
            return machines.isSameFile(alive(one), real(other));
        }

        @Override
        public boolean isHidden(Path path) throws IOException {
            return machines.isHidden(alive(path));
        }

        @Override
        public FileStore getFileStore(Path path) throws IOException {
            return machines.getFileStore(alive(path));
        }

        @Override
        public void checkAccess(Path path, AccessMode... modes) throws IOException {
            machines.checkAccess(alive(path), modes);
        }

        @Override
        public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
            return machines.getFileAttributeView(alive(path), type, options);
        }

        @Override
        public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
                throws IOException {
            return machines.readAttributes(alive(path), type, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
                throws IOException {
            Path file = alive(path);
            return attributes.equals(RENAMED)
                    ? Map.of(RENAMED.substring(RENAMED.indexOf(':') + 1), times.of(file))
                    : machines.readAttributes(file, attributes, options);
        }

        @Override
        public void setAttribute(Path path, String attribute, Object value, LinkOption... options) throws IOException {
            take("set " + attribute + " of", alive(path));
            machines.setAttribute(real(path), attribute, value, options);
        }
    }

    private final class SteppedChannel extends FileChannel {

        private final Path file;
        private final FileChannel channel;

        SteppedChannel(Path file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
            open.add(this);
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            take("write", file);
            int whole = from.limit();
            int written = 0;
            if (from.remaining() > 1) {
                from.limit(from.position() + from.remaining() / 2);
                written = channel.write(from);
                from.limit(whole);
                take("go on writing", file);
            }
            return written + channel.write(from);
        }

        @Override
        public long write(ByteBuffer[] from, int offset, int length) throws IOException {
            long written = 0;
            for (int i = offset; i < offset + length; i++) {
                written += write(from[i]);
            }
            return written;
        }

        @Override
        public int write(ByteBuffer from, long position) throws IOException {
            take("write", file);
            return channel.write(from, position);
        }

        @Override
        public void force(boolean hasMetaData) throws IOException {
            take("sync", file);
            channel.force(hasMetaData);
            synced.remove(file);
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            take("truncate", file);
            channel.truncate(size);
            return this;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            return channel.read(into);
        }

        @Override
        public long read(ByteBuffer[] into, int offset, int length) throws IOException {
            return channel.read(into, offset, length);
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            return channel.read(into, position);
        }

        @Override
        public long position() throws IOException {
            return channel.position();
        }

        @Override
        public FileChannel position(long position) throws IOException {
            channel.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
            return channel.transferTo(position, count, target);
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count) throws IOException {
            take("write", file);
            return channel.transferFrom(source, position, count);
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) {
            throw new UnsupportedOperationException("a change of memory is no step");
        }

        @Override
        public FileLock lock(long position, long size, boolean isShared) throws IOException {
            return channel.lock(position, size, isShared);
        }

        @Override
        public FileLock tryLock(long position, long size, boolean isShared) throws IOException {
            return channel.tryLock(position, size, isShared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            open.remove(this);
            channel.close();
        }
    }

    private final class SteppedPath implements Path {

        private final Path real;

        SteppedPath(Path real) {
            this.real = real;
        }

        private SteppedFileSystem system() {
            return SteppedFileSystem.this;
        }

        @Override
        public FileSystem getFileSystem() {
            return system();
        }

        @Override
        public boolean isAbsolute() {
            return real.isAbsolute();
        }

        @Override
        public Path getRoot() {
            return seen(real.getRoot());
        }

        @Override
        public Path getFileName() {
            return seen(real.getFileName());
        }

        @Override
        public Path getParent() {
            return seen(real.getParent());
        }

        @Override
        public int getNameCount() {
            return real.getNameCount();
        }

        @Override
        public Path getName(int index) {
            return seen(real.getName(index));
        }

        @Override
        public Path subpath(int begin, int end) {
            return seen(real.subpath(begin, end));
        }

        @Override
        public boolean startsWith(Path other) {
            return real.startsWith(real(other));
        }

        @Override
        public boolean endsWith(Path other) {
            return real.endsWith(real(other));
        }

        @Override
        public Path normalize() {
            return seen(real.normalize());
        }

        @Override
        public Path resolve(Path other) {
            return seen(real.resolve(real(other)));
        }

        @Override
        public Path relativize(Path other) {
            return seen(real.relativize(real(other)));
        }

        @Override
        public URI toUri() {
            return real.toUri();
        }

        @Override
        public Path toAbsolutePath() {
            return seen(real.toAbsolutePath());
        }

        @Override
        public Path toRealPath(LinkOption... options) throws IOException {
            return seen(real.toRealPath(options));
        }

        /** What uses it as a path again is still stepped. */
        @Override
        public File toFile() {
            return new SteppedFile(real.toString(), this);
        }

        @Override
        public WatchKey register(WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers)
                throws IOException {
            return real.register(watcher, events, modifiers);
        }

        @Override
        public int compareTo(Path other) {
            return real.compareTo(real(other));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof SteppedPath path && path.system() == system() && path.real.equals(real);
        }

        @Override
        public int hashCode() {
            return real.hashCode();
        }

        @Override
        public String toString() {
            return real.toString();
        }
    }

    private static final class SteppedFile extends File {

        private static final long serialVersionUID = 1;

        private final transient Path path;

        SteppedFile(String name, Path path) {
            super(name);
            this.path = path;
        }

        @Override
        public Path toPath() {
            return path;
        }
    }
}
