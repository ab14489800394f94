// Threads over samples.
#pragma once

#include "platform/memory.hpp"
#include "platform/pool.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace {

/// Calls function(thread) for each of `threads`, at the same time as far as there are threads in the pool.
/// What one of them throws is thrown here, once all have ended.
template <class Function> void in_parallel(size_t threads, const Function& function) {
    void (*call)(const void*, size_t) = [](const void* what, size_t thread) { (*static_cast<const Function*>(what))(thread); };
    KEEP_IN_REGISTER(call);   // else it is inlined below, and compiled once for one thread and once for several
    if (threads == 1) return call(&function, 0);
    Task task{threads, &function, call};
    pool()->run(task);
    if (task.fault) std::rethrow_exception(task.fault);
}

/// Calls function(thread, item) for every item, whichever thread is free taking the next.
template <class Function> void for_each(size_t items, size_t threads, const Function& function) {
    std::atomic<size_t> next{0};
    in_parallel(threads, [&](size_t thread) {
        for (size_t item; (item = next++) < items;) function(thread, item);
    });
}

}  // namespace

/// Makes room for `count` things that each thread or sample has of its own.
template <class T> void at_least(std::vector<std::unique_ptr<T>>& list, size_t count) {
    while (list.size() < count) list.push_back(std::make_unique<T>());
}
