// Threads over samples, and sums that do not depend on how many threads there are.
#pragma once

#include "platform/memory.hpp"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

/// Calls function(thread) for each of `threads`, in threads of their own as far as the system gives them.
/// What one of them throws is thrown here, once all have ended.
template <class Function> void in_parallel(size_t threads, const Function& function) {
    std::exception_ptr fault;
    std::mutex guard;
    const auto call = [&](size_t t) {
        try { function(t); } catch (...) {
            const std::lock_guard<std::mutex> hold(guard);
            fault = std::current_exception();
        }
    };
    std::vector<std::thread> others;
    size_t started = 1;
    try {
        for (; started < threads; ++started) others.emplace_back(call, started);
    } catch (...) {}   // no more threads to be had: this one does the rest
    call(0);
    for (size_t t = started; t < threads; ++t) call(t);
    for (auto& other : others) other.join();
    if (fault) std::rethrow_exception(fault);
}

/// Calls function(thread, item) for every item, whichever thread is free taking the next.
template <class Function> void for_each(size_t items, size_t threads, const Function& function) {
    std::atomic<size_t> next{0};
    in_parallel(threads, [&](size_t thread) {
        for (size_t item; (item = next++) < items;) function(thread, item);
    });
}

/// parts[0] += parts[1] + … in a fixed tree; this call does one chunk of the elements.
template <class T, class Parts, class Member>
void reduce_tree(Parts& parts, size_t count, Member member, size_t chunk, size_t chunks) {
    for (size_t stride = 1; stride < count; stride *= 2)
        for (size_t i = 0; i + stride < count; i += 2 * stride) {
            AlignedArray<T>& left = member(parts[i]);
            const AlignedArray<T>& right = member(parts[i + stride]);
            const size_t begin = left.size() * chunk / chunks, end = left.size() * (chunk + 1) / chunks;
            for (size_t k = begin; k < end; ++k) left[k] += right[k];
        }
}

/// Makes room for `count` things that each thread or sample has of its own.
template <class T> void at_least(std::vector<std::unique_ptr<T>>& list, size_t count) {
    while (list.size() < count) list.push_back(std::make_unique<T>());
}
