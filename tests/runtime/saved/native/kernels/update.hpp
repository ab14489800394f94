// Optimisers, element by element.
#pragma once

#include "platform/memory.hpp"

#include <cmath>

/// adam: x from its gradient g; `n` is 1 for the first update.
inline void adam_0(Real* x_all, const Real* g_all, Real* const* states, const double* settings, [[maybe_unused]] Real n,
                       size_t begin, size_t end) {
    [[maybe_unused]] const Real rate = Real(settings[0]);
    [[maybe_unused]] const Real beta1 = Real(settings[1]);
    [[maybe_unused]] const Real beta2 = Real(settings[2]);
    [[maybe_unused]] const Real epsilon = Real(settings[3]);
    const Real constant_1 = beta1 + Real(-1);
    const Real constant_2 = beta2 + Real(-1);
    const Real constant_3 = Real(1) / (Real(1) - std::pow(beta2, n));
    const Real constant_4 = rate / (Real(1) - std::pow(beta1, n));
    Real* m_all = states[0];
    Real* s_all = states[1];
    for (size_t i = begin; i < end; ++i) {
        const Real g = g_all[i];
        Real x = x_all[i];
        Real m = m_all[i];
        Real s = s_all[i];
        m = beta1 * m - constant_1 * g;
        s = beta2 * s - constant_2 * g * g;
        x = x - constant_4 * m / (epsilon + std::sqrt(constant_3 * s));
        x_all[i] = x;
        m_all[i] = m;
        s_all[i] = s;
    }
}
