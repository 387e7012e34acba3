package io.relaypod.server.smtp;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;

/**
 * Allocates the buffers of SMTP connections on the heap, where one budget bounds them. Direct memory is a tenth of the
 * heap, and the queue needs it. The JDK reads and writes through one small direct buffer per thread. Thread-safe.
 */
final class HeapBuffers extends AbstractByteBufAllocator {

    HeapBuffers() {
        super(false);
    }

    // Netty returns direct memory here, even if the allocator prefers the heap.
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

    /** With pooled direct buffers, Netty would copy each reply into direct memory until the client reads it. */
    @Override
    public boolean isDirectBufferPooled() {
        return false;
    }
}
