// Sparse projections: each neuron of `pre` has its own list of synapses (CSR, in the user's order).
#pragma once

#include "kernels/delivery.hpp"
#include "platform/events.hpp"

/// One projection as the kernels read it, made once a batch.
template <class Arrival> class Sparse {
public:
    using Due = typename Arrival::Due;
    using Exposed = typename Arrival::Exposed;
    using Sums = typename Arrival::Sums;

    explicit Sparse(size_t senders) : senders_(senders) {}

    size_t gradient_size() const { return weight_.size(); }

    /// Takes the synapses of a batch: where each sender's begin, and room for all of them.
    void connect(const std::int64_t* row_start) {
        row_start_ = row_start;
        weight_.fit(begin(senders_));
        at_.fit(begin(senders_));
    }

    /// Takes the user's arrays, one element per synapse. `delay` may be null: then every delay is zero.
    void prepare(const std::int64_t* column, const Real* weight, const std::int32_t* delay,
                 size_t block_size, size_t chunk, size_t chunks) {
        const size_t count = weight_.size();
        for (size_t s = count * chunk / chunks; s < count * (chunk + 1) / chunks; ++s) {
            const size_t j = size_t(column[s]), steps = delay ? size_t(delay[s]) : 0;
            weight_[s] = weight[s];
            at_[s] = std::uint32_t((j / lanes) * block_size + steps * lanes + j % lanes);
        }
    }

    /// What all events of one sample deposit: arrivals[row + delay] += weight.
    void deliver(const BySender& events, DelayBuffer<Due>& arrivals) const {
        for (const auto& run : events.runs)
            for (std::uint32_t e = run.begin; e < run.end; ++e) add(run.sender, events.value_of<Arrival::carries>(e), arrivals.row(0, events.row[e]));
    }

    /// The same for one spike of `sender` in `step`.
    void deliver(std::uint32_t sender, size_t step, DelayBuffer<Due>& arrivals, Real value = Real(1)) const {
        add(sender, value, arrivals.row(0, arrival_step(step)));
    }

    /// What one spike caused: the sum of weight * dL/dt over its arrivals.
    Real sent(std::uint32_t sender, size_t step, const DelayBuffer<Exposed>& adjoints, Real value = Real(1)) const {
        const Exposed* row = adjoints.row(0, arrival_step(step));
        Real total = 0;
        for (size_t s = begin(sender); s < begin(sender + 1); ++s) total += Arrival::returned(weight_[s], value, reinterpret_cast<const Real*>(row + at_[s]), 0);
        return total;
    }
    /// The same, while what `gather` adds for this spike goes to `gradient`: both read the same places, which lie far apart.
    Real sent_and_gathered(std::uint32_t sender, size_t step, const DelayBuffer<Exposed>& adjoints, AlignedArray<Sums>& gradient) const {
        const Exposed* row = adjoints.row(0, arrival_step(step));
        const size_t end = begin(sender + 1);
        Sums* const sums = gradient.data();
        Real total = 0;
        for (size_t s = begin(sender); s < end; ++s) {
            const Exposed* exposed = row + at_[s];
            total += Arrival::returned(weight_[s], Real(1), reinterpret_cast<const Real*>(exposed), 0);
            sums[s] += Arrival::gathered(weight_[s], Real(1), *exposed);
        }
        return total;
    }
    /// The sum of dL/d(value) over its arrivals.
    Real dL_dvalue(std::uint32_t sender, size_t step, const DelayBuffer<Exposed>& adjoints) const {
        const Exposed* row = adjoints.row(0, arrival_step(step));
        Real total = 0;
        for (size_t s = begin(sender); s < begin(sender + 1); ++s) total += Arrival::dL_dvalue(weight_[s], reinterpret_cast<const Real*>(row + at_[s]), 0);
        return total;
    }

    /// gradient += adjoints[row + delay] for all events of one sample; one element per synapse.
    void gather(const BySender& events, const DelayBuffer<Exposed>& adjoints, AlignedArray<Sums>& gradient) const {
        for (const auto& run : events.runs)
            for (std::uint32_t e = run.begin; e < run.end; ++e) {
                const Exposed* row = adjoints.row(0, events.row[e]);
                for (size_t s = begin(run.sender); s < begin(run.sender + 1); ++s) gradient[s] += Arrival::gathered(weight_[s], events.value_of<Arrival::carries>(e), row[at_[s]]);
            }
    }

    /// From sums to gradients.
    void finish(const AlignedArray<Sums>& gradient, Real* dL_dweight, Real* dL_ddelay, size_t chunk, size_t chunks) const {
        const size_t count = weight_.size();
        for (size_t s = count * chunk / chunks; s < count * (chunk + 1) / chunks; ++s) {
            if (dL_dweight) dL_dweight[s] = Arrival::dL_dweight(weight_[s], gradient[s]);
            if (dL_ddelay) dL_ddelay[s] = Arrival::dL_ddelay(weight_[s], gradient[s]);
        }
    }

    /// The sums from the kernels' layout to the user's, those of group number `group`, and back.
    void unload(const AlignedArray<Sums>& sums, Real* user, size_t group, size_t chunk, size_t chunks) const {
        const size_t count = weight_.size();
        for (size_t s = count * chunk / chunks; s < count * (chunk + 1) / chunks; ++s)
            std::memcpy(user + (group * count + s) * sizeof(Sums) / sizeof(Real), &sums[s], sizeof(Sums));
    }
    void load(const Real* user, AlignedArray<Sums>& sums, size_t chunk, size_t chunks) const {
        const size_t count = weight_.size();
        for (size_t s = count * chunk / chunks; s < count * (chunk + 1) / chunks; ++s)
            std::memcpy(&sums[s], user + s * sizeof(Sums) / sizeof(Real), sizeof(Sums));
    }

private:
    size_t begin(size_t sender) const { return size_t(row_start_[sender]); }
    void add(std::uint32_t sender, Real value, Due* row) const {
        for (size_t s = begin(sender); s < begin(sender + 1); ++s) row[at_[s]] += Arrival::deposit(weight_[s], value);
    }

    size_t senders_;
    const std::int64_t* row_start_ = nullptr;
    AlignedArray<Real> weight_;
    AlignedArray<std::uint32_t> at_;   // place in a delay buffer, relative to the row of delay 0 in block 0
};
