// Threads over samples.
#pragma once

#include "platform/memory.hpp"
#include "platform/pool.hpp"

namespace {

/// Calls function(thread) for each of `threads`, at the same time as far as there are threads in the pool.
/// What one of them throws is thrown here, once all have ended.
template <class Function> void in_parallel(size_t threads, const Function& function) {
    void (*call)(const void*, size_t) = [](const void* what, size_t thread) { (*static_cast<const Function*>(what))(thread); };
    KEEP_IN_REGISTER(call);   // else it is inlined below, and compiled once for one thread and once for several
    if (threads == 1) return call(&function, 0);
    Task task{threads, &function, call};
    pool()->run(task);
    if (task.fault) throw_again(task.fault);
}

/// Calls function(thread, item) for every item, whichever thread is free taking the next.
template <class Function> void for_each(size_t items, size_t threads, const Function& function) {
    size_t next = 0;
    in_parallel(threads, [&](size_t thread) {
        for (size_t item; (item = __atomic_fetch_add(&next, size_t(1), __ATOMIC_SEQ_CST)) < items;) function(thread, item);
    });
}

}  // namespace
