package io.relaypod.server.smtp;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;

/**
 * Keeps what clients send, and the replies that they have not read yet, on the heap: there the collector takes it back
 * and one budget bounds it. Direct memory is a tenth of that, shared with the queue. The JDK reads and writes through
 * one small direct buffer a thread. Thread-safe.
 */
final class HeapBuffers extends AbstractByteBufAllocator {

    HeapBuffers() {
        super(false);
    }

    // Netty asks for direct memory here, whatever the allocator prefers.
    @Override
    public ByteBuf ioBuffer() {
        return heapBuffer();
    }

    @Override
    public ByteBuf ioBuffer(int initialCapacity) {
        return heapBuffer(initialCapacity);
    }

    @Override
    public ByteBuf ioBuffer(int initialCapacity, int maxCapacity) {
        return heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        return new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        return new UnpooledDirectByteBuf(this, initialCapacity, maxCapacity);
    }

    /** Else Netty would copy each reply into direct memory, where it would wait for its client. */
    @Override
    public boolean isDirectBufferPooled() {
        return false;
    }
}
