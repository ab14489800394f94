// The clock: 40 steps of 1.0 ms. Step n goes from t_n to t_{n+1}, where its spikes happen.
#pragma once

#include <cstddef>

constexpr std::size_t steps = 40;
constexpr double dt = 1.0, duration = 40.0;   // ms

constexpr std::size_t latency = 1;   // steps until a spike arrives that has no delay

/// The step at whose start a spike of `step` arrives that has no delay; a delay of d steps adds d.
constexpr std::size_t arrival_step(std::size_t step) { return step + latency; }
/// t_n [ms].
constexpr double instant(std::size_t n) { return double(n) * dt; }
