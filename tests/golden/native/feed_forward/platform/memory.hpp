// Arrays aligned to cache lines, and the delay buffers that hold one value per step and neuron.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

#ifdef __GNUC__
#define KEEP_IN_REGISTER(pointer) __asm__("" : "+r"(pointer))   // keeps base + row of an address apart from what differs by lane
#else
#define KEEP_IN_REGISTER(pointer)
#endif

using std::size_t;
using Real = float;

constexpr size_t lanes = 8;   // neurons are handled in blocks of this many

constexpr size_t blocks_of(size_t neurons) { return (neurons + lanes - 1) / lanes; }
constexpr size_t padded(size_t neurons) { return blocks_of(neurons) * lanes; }

/// `n` numbers that one load fetches; n is a power of two.
template <size_t n> struct Vector { typedef Real type __attribute__((vector_size(n * sizeof(Real)))); };
template <> struct Vector<1> { using type = Real; };
template <size_t n> using Reals = typename Vector<n>::type;

namespace {

/// Memory that starts on a cache line; null for none.
[[gnu::cold, gnu::noinline, maybe_unused]] void* aligned_memory(size_t bytes) { return bytes ? ::operator new(bytes, std::align_val_t(64)) : nullptr; }
[[gnu::cold, gnu::noinline, maybe_unused]] void release_memory(void* memory) { if (memory) ::operator delete(memory, std::align_val_t(64)); }

}  // namespace

/// A zeroed array that starts on a cache line.
template <class T> class AlignedArray {
public:
    explicit AlignedArray(size_t count = 0) { resize(count); }
    AlignedArray(AlignedArray&& other) noexcept : count_(other.count_), data_(other.data_) { other.count_ = 0; other.data_ = nullptr; }
    AlignedArray(const AlignedArray&) = delete;
    AlignedArray& operator=(const AlignedArray&) = delete;
    AlignedArray& operator=(AlignedArray&&) = delete;
    ~AlignedArray() { release_memory(data_); }

    /// Makes room for `count` elements; what was there is lost, what is there is zero.
    [[gnu::noinline]] void resize(size_t count) {
        if (count != count_) {
            release_memory(data_);
            data_ = nullptr;
            count_ = 0;   // as it is where there is no memory
            data_ = static_cast<T*>(aligned_memory(count * sizeof(T)));
            count_ = count;
        }
        zero();
    }
    /// Makes room for `count` elements whose values do not matter.
    void fit(size_t count) { if (count != count_) resize(count); }
    void zero() { if (data_) std::memset(static_cast<void*>(data_), 0, count_ * sizeof(T)); }
    size_t size() const { return count_; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }

private:
    size_t count_ = 0;
    T* data_ = nullptr;
};

/// One T per instant t_m and neuron of a receptor, as [block][row m][lane].
///
/// Rows beyond the last step exist, so that arrivals after the end need no test: they are never read forward and
/// stay zero backward. A synapse's delay and lane are one number, offset = delay * lanes + lane.
template <class T> struct DelayBuffer {
    size_t blocks, rows;
    AlignedArray<T> cells;

    DelayBuffer(size_t neurons, size_t slots)
        : blocks(blocks_of(neurons)), rows((slots + 1) | 1), cells(blocks * rows * lanes) {}
    size_t block_size() const { return rows * lanes; }
    T* row(size_t block, size_t m) { return cells.data() + block * block_size() + m * lanes; }
    const T* row(size_t block, size_t m) const { return cells.data() + block * block_size() + m * lanes; }
    Real* reals(size_t block, size_t m) { return reinterpret_cast<Real*>(row(block, m)); }
    const Real* reals(size_t block, size_t m) const { return reinterpret_cast<const Real*>(row(block, m)); }
};
