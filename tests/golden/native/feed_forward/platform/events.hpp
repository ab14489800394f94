// Events of one sample, regrouped by the neuron that sent them.
#pragma once

#include "kernels/clock.hpp"
#include "platform/list.hpp"
#include "platform/memory.hpp"

/// Per sender, the rows at which its events arrive that have no delay.
struct BySender {
    struct Run { std::uint32_t sender, begin, end; };
    List<Run> runs;
    List<std::uint32_t> row;
    List<Real> value;   // what events carry, empty where they carry nothing

    /// What event e carries: 1 where no arrival reads it.
    template <bool Carries> Real value_of([[maybe_unused]] size_t e) const { return Carries && !value.empty() ? value[e] : Real(1); }

    /// `visit(take)` calls take(step, sender) for every event, twice, in the same order; `values` may be null.
    template <class Visit> void build(size_t senders, const Visit& visit, const Real* values = nullptr) {
        cursor_.assign(senders + 1, 0);
        size_t events = 0;
        visit([&](std::uint32_t, std::uint32_t sender) { ++cursor_[sender + 1]; ++events; });
        runs.clear();
        for (std::uint32_t s = 0; s < senders; ++s) {
            if (cursor_[s + 1]) runs.push_back({s, cursor_[s], cursor_[s] + cursor_[s + 1]});
            cursor_[s + 1] += cursor_[s];
        }
        row.resize(events);
        value.resize(values ? events : 0);
        size_t event = 0;
        visit([&](std::uint32_t step, std::uint32_t sender) {
            const size_t place = cursor_[sender]++;
            row[place] = std::uint32_t(arrival_step(step));
            if (values) value[place] = values[event++];
        });
    }

private:
    List<std::uint32_t> cursor_;
};
