// What an arrival does where it arrives, and what it reads there in reverse.
#pragma once

#include "platform/memory.hpp"

/// The delay buffer sums due; in reverse an arrival reads dL_dw, dL_dt at its instant.
struct Arrival {
    using Due = Reals<1>;
    using Exposed = Reals<2>;
    using Sums = Reals<2>;   // sum_dL_dw, sum_dL_dt of a synapse
    static constexpr bool carries = false;   // events come with values

    /// What is added to the delay buffer; `value` is what the event carries.
    static Due deposit(Real weight, [[maybe_unused]] Real value) { return weight; }
    /// What is added to the sums of the synapse.
    static Sums gathered([[maybe_unused]] Real weight, [[maybe_unused]] Real value, const Exposed& exposed) { return exposed; }
    /// What is added to dL/dt of the spike; what it reads begins at exposed[at].
    static Real returned(Real weight, [[maybe_unused]] Real value, const Real* exposed, int at) { return weight * exposed[at + 1]; }
    static Real dL_dweight([[maybe_unused]] Real weight, const Sums& sum) { return sum[0]; }
    static Real dL_ddelay([[maybe_unused]] Real weight, const Sums& sum) { return weight * sum[1]; }
};
