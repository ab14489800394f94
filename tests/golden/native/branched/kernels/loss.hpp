// The terms of the loss, as functions of what was observed of one sample.
#pragma once

#include "platform/maths.hpp"
#include "platform/memory.hpp"

/// cross_entropy:out: its value for y of n neurons, and dL/dy where `gradient` is not null.
inline Real cross_entropy_out(const Real* y_all, size_t n, [[maybe_unused]] std::int64_t label,
                          [[maybe_unused]] const Real* target_all, Real* gradient) {
    constexpr Real coefficient = Real(1.0);
    Real top = -maths::infinity;
    for (size_t j = 0; j < n; ++j) {
        [[maybe_unused]] const Real y = y_all[j];
        [[maybe_unused]] const Real is_label = std::int64_t(j) == label ? Real(1) : Real(0);
        top = maths::fmax(top, y);
    }
    Real total = 0;
    for (size_t j = 0; j < n; ++j) {
        [[maybe_unused]] const Real y = y_all[j];
        [[maybe_unused]] const Real is_label = std::int64_t(j) == label ? Real(1) : Real(0);
        total += maths::exp(y - top);
    }
    Real value = 0;
    for (size_t j = 0; j < n; ++j) {
        [[maybe_unused]] const Real y = y_all[j];
        [[maybe_unused]] const Real is_label = std::int64_t(j) == label ? Real(1) : Real(0);
        value += -(is_label * (y - top - maths::log(total)));
    }
    if (!gradient) return coefficient * value;
    Real total_bar = 0;
    for (size_t j = 0; j < n; ++j) {
        [[maybe_unused]] const Real y = y_all[j];
        [[maybe_unused]] const Real is_label = std::int64_t(j) == label ? Real(1) : Real(0);
        total_bar += is_label / total;
    }
    for (size_t j = 0; j < n; ++j) {
        [[maybe_unused]] const Real y = y_all[j];
        [[maybe_unused]] const Real is_label = std::int64_t(j) == label ? Real(1) : Real(0);
        gradient[j] = coefficient * (total_bar * maths::exp(y - top) - is_label);
    }
    return coefficient * value;
}
