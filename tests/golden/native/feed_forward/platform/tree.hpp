// Sums over groups of samples that do not depend on who ran which group, or when.
#pragma once

#include "platform/list.hpp"
#include "platform/lock.hpp"
#include "platform/memory.hpp"

constexpr size_t next_power_of_two(size_t n) { size_t power = 1; while (power < n) power *= 2; return power; }

/// Sums over groups, and over neighbouring groups together, in a fixed tree: node (first, size) is the sum over `size`
/// groups, a power of two, from `first` on. Once both halves of a node are there, the left takes the right, whose memory
/// serves the next group: there are at most one for each thread and one for each level of the tree at a time.
template <class Sums, size_t count> class Tree {
public:
    using Some = Owner<Sums>;

    /// Begins a batch, and clears what one left that failed.
    void begin() {
        for (size_t first = 0; first < count; ++first) drop(first);
    }

    /// Sums for the next group, zero; those that served before are zero already.
    Some room() {
        const Hold hold(guard_);
        return free_.empty() ? Some(new Sums) : free_.pop();
    }

    /// Takes the sums of a group, null where it has no samples. `take(left, right)` adds the right to the left, in nodes of
    /// up to `largest` groups, and leaves it zero.
    template <class Take> void put(size_t first, Some sums, size_t largest, const Take& take) {
        Hold hold(guard_);
        size_t size = 1;
        for (; size < largest; size *= 2) {
            const size_t sibling = first ^ size;
            if (sibling >= count || size_[sibling] != size) break;
            Some right(node_[sibling].release());
            size_[sibling] = 0;
            if (sibling < first) { first = sibling; sums.swap(right); }
            if (!sums) sums.swap(right);
            if (!right) continue;
            hold.unlock();
            take(*sums, *right);
            hold.lock();
            free_.push(Some(right.release()));
        }
        node_[first].swap(sums);
        size_[first] = size;
    }

    /// Makes the nodes above `size` groups, of which there are both halves; each by all threads together.
    template <class Take> void close(size_t size, const Take& take) {
        for (; size < count; size *= 2)
            for (size_t first = 0; first + size < count; first += 2 * size) {
                if (size_[first] != size || size_[first + size] != size) continue;
                if (!node_[first]) node_[first].swap(node_[first + size]);
                else if (node_[first + size]) take(*node_[first], *node_[first + size]);
                if (node_[first + size]) free_.push(Some(node_[first + size].release()));
                size_[first] = 2 * size;
                size_[first + size] = 0;
            }
    }

    /// Calls visit(sums) for every node, in the order of groups; null where it has no samples.
    template <class Visit> void nodes(const Visit& visit) const {
        for (size_t first = 0; first < count; ++first)
            if (size_[first]) visit(node_[first].get());
    }
    /// The sum over all groups; `sums` where there were no samples.
    Sums& all(Some sums) {
        if (!node_[0]) node_[0].swap(sums);
        return *node_[0];
    }

    /// Ends a batch: `clear(sums)` makes those that are left zero.
    template <class Clear> void end(const Clear& clear) {
        for (size_t first = 0; first < count; ++first) {
            if (node_[first]) {
                clear(*node_[first]);
                free_.push(Some(node_[first].release()));
            }
            drop(first);
        }
    }

private:
    void drop(size_t first) { delete node_[first].release(); size_[first] = 0; }

    Mutex guard_ = PTHREAD_MUTEX_INITIALIZER;
    Owners<Sums> free_;
    Some node_[count];
    size_t size_[count] = {};
};

/// left += right, and right = 0; this call does one chunk of the elements.
template <class T> void take_chunk(AlignedArray<T>& left, AlignedArray<T>& right, size_t chunk, size_t chunks) {
    const size_t begin = left.size() * chunk / chunks, end = left.size() * (chunk + 1) / chunks;
    for (size_t k = begin; k < end; ++k) {
        left[k] += right[k];
        right[k] = T{};
    }
}
