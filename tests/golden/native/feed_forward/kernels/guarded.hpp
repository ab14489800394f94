// What is thrown: never at the caller, and in every thread with room for it.
#pragma once

#include <cstdint>
#include <new>

namespace {

/// 0 if `call` came to its end, 1 if memory was short, 2 for anything else: nothing is thrown at the caller, who is no C++.
template <class Call> std::int32_t guarded(const Call& call) {
    try { call(); return 0; } catch (const std::bad_alloc&) { return 1; } catch (...) { return 2; }
}

/// Throws what `guarded` gave as `fault`.
[[noreturn, gnu::cold, maybe_unused]] void throw_again(std::int32_t fault) {
    if (fault == 1) throw std::bad_alloc();
    throw fault;
}

/// A thread makes room for exceptions at its first one, and the process ends where there is none: so before memory is short.
inline void throw_once() { try { throw 0; } catch (int) {} }

}  // namespace
