// Dense projections: every neuron of `pre` reaches every neuron of `post`.
//
// Weights and delay offsets lie as [block][pre][lane] or, where single spikes are sent (`ByRow`), as [pre][block][lane].
// Where events are known beforehand (input spikes; all spikes, once the sweep is over) they are handled block by block
// and sender by sender, so that a sender's weights, offsets and gradient sums stay in registers while its events go by.
#pragma once

#include "kernels/delivery.hpp"
#include "platform/events.hpp"

/// One projection as the kernels read it, made once a batch. `Delayed` is false where every delay is zero.
template <class Arrival, bool Delayed, bool ByRow> class Dense {
public:
    using Due = typename Arrival::Due;
    using Exposed = typename Arrival::Exposed;
    using Sums = typename Arrival::Sums;

    Dense(size_t pre, size_t post) : pre_(pre), post_(post), blocks_(blocks_of(post)) {
        weight_.resize(blocks_ * pre_ * lanes);
        if (Delayed) offset_.resize(blocks_ * pre_ * lanes);
    }
    size_t gradient_size() const { return blocks_ * pre_ * lanes; }

    /// Takes the user's arrays, [pre][post]; padding lanes get weight 0 and delay 0. One chunk of the senders.
    void prepare(const Real* weight, const std::int32_t* delay, size_t chunk, size_t chunks) {
        for (size_t i = pre_ * chunk / chunks; i < pre_ * (chunk + 1) / chunks; ++i)
            for (size_t j = 0; j < blocks_ * lanes; ++j) {
                const size_t at = place(i, j);
                weight_[at] = j < post_ ? weight[i * post_ + j] : Real(0);
                if (Delayed)
                    offset_[at] = std::uint32_t((j < post_ ? size_t(delay[i * post_ + j]) : 0) * lanes + j % lanes);
            }
    }

    /// What all events of one sample deposit: arrivals[row + delay] += weight.
    void deliver(const BySender& events, DelayBuffer<Due>& arrivals) const {
        for (size_t b = 0; b < blocks_; ++b)
            for (const auto& run : events.runs) {
                size_t offset[lanes];
                Real weight[lanes];
                load(b, run.sender, offset, weight);
                for (std::uint32_t e = run.begin; e < run.end; ++e) {
                    Due* row = arrivals.row(b, events.row[e]);
                    KEEP_IN_REGISTER(row);
#pragma GCC unroll 16
                    for (size_t l = 0; l < lanes; ++l) row[offset[l]] += Arrival::deposit(weight[l], events.value_of<Arrival::carries>(e));
                }
            }
    }

    /// The same for one spike of `sender` in `step`.
    void deliver(std::uint32_t sender, size_t step, DelayBuffer<Due>& arrivals, [[maybe_unused]] Real value = Real(1)) const {
        for (size_t b = 0; b < blocks_; ++b) {
            const size_t at = cell(b, sender);
            Due* row = arrivals.row(b, arrival_step(step));
#pragma GCC unroll 16
            for (size_t l = 0; l < lanes; ++l) row[Delayed ? offset_[at + l] : l] += Arrival::deposit(weight_[at + l], value);
        }
    }

    /// What one spike caused: the sum of weight * dL/dt over its arrivals.
    Real sent(std::uint32_t sender, size_t step, const DelayBuffer<Exposed>& adjoints, [[maybe_unused]] Real value = Real(1)) const {
        return over_arrivals(sender, step, adjoints, [value](Real weight, const Real* row, int at) { return Arrival::returned(weight, value, row, at); });
    }
    /// The sum of dL/d(value) over its arrivals.
    Real dL_dvalue(std::uint32_t sender, size_t step, const DelayBuffer<Exposed>& adjoints) const {
        return over_arrivals(sender, step, adjoints, [](Real weight, const Real* row, int at) { return Arrival::dL_dvalue(weight, row, at); });
    }

    /// gradient += adjoints[row + delay] for all events of one sample; gradient lies as the weights do.
    void gather(const BySender& events, const DelayBuffer<Exposed>& adjoints, AlignedArray<Sums>& gradient) const {
        for (size_t b = 0; b < blocks_; ++b)
            for (const auto& run : events.runs) {
                size_t offset[lanes];
                Real weight[lanes];
                load(b, run.sender, offset, weight);
                Sums* out = gradient.data() + cell(b, run.sender);
                Sums sum[lanes];
                for (size_t l = 0; l < lanes; ++l) sum[l] = out[l];
                for (std::uint32_t e = run.begin; e < run.end; ++e) {
                    const Exposed* row = adjoints.row(b, events.row[e]);
                    KEEP_IN_REGISTER(row);
#pragma GCC unroll 16
                    for (size_t l = 0; l < lanes; ++l) sum[l] += Arrival::gathered(weight[l], events.value_of<Arrival::carries>(e), row[offset[l]]);
                }
                for (size_t l = 0; l < lanes; ++l) out[l] = sum[l];
            }
    }

    /// From the kernels' layout to the user's [pre][post], and from sums to gradients.
    void finish(const AlignedArray<Sums>& gradient, Real* dL_dweight, Real* dL_ddelay, size_t chunk, size_t chunks) const {
        for (size_t i = pre_ * chunk / chunks; i < pre_ * (chunk + 1) / chunks; ++i)
            for (size_t j = 0; j < post_; ++j) {
                const size_t at = place(i, j);
                if (dL_dweight) dL_dweight[i * post_ + j] = Arrival::dL_dweight(weight_[at], gradient[at]);
                if (dL_ddelay) dL_ddelay[i * post_ + j] = Arrival::dL_ddelay(weight_[at], gradient[at]);
            }
    }

    /// The sums from the kernels' layout to the user's, those of group number `group`, and back. One chunk of the senders.
    void unload(const AlignedArray<Sums>& sums, Real* user, size_t group, size_t chunk, size_t chunks) const {
        for (size_t i = pre_ * chunk / chunks; i < pre_ * (chunk + 1) / chunks; ++i)
            for (size_t j = 0; j < post_; ++j)
                std::memcpy(user + ((group * pre_ + i) * post_ + j) * sizeof(Sums) / sizeof(Real), &sums[place(i, j)], sizeof(Sums));
    }
    void load(const Real* user, AlignedArray<Sums>& sums, size_t chunk, size_t chunks) const {
        for (size_t i = pre_ * chunk / chunks; i < pre_ * (chunk + 1) / chunks; ++i)
            for (size_t j = 0; j < post_; ++j)
                std::memcpy(&sums[place(i, j)], user + (i * post_ + j) * sizeof(Sums) / sizeof(Real), sizeof(Sums));
    }

private:
    template <class Each> Real over_arrivals(std::uint32_t sender, size_t step, const DelayBuffer<Exposed>& adjoints, const Each& each) const {
        Real sum[lanes]{};
        for (size_t b = 0; b < blocks_; ++b) {
            const size_t at = cell(b, sender);
            const Real* row = adjoints.reals(b, arrival_step(step));
#pragma omp simd
            for (size_t l = 0; l < lanes; ++l) sum[l] += each(weight_[at + l], row, width * int(Delayed ? offset_[at + l] : l));
        }
        Real total = 0;
        for (Real x : sum) total += x;
        return total;
    }

    static constexpr int width = sizeof(Exposed) / sizeof(Real);
    size_t cell(size_t b, size_t sender) const { return (ByRow ? sender * blocks_ + b : b * pre_ + sender) * lanes; }
    size_t place(size_t i, size_t j) const { return cell(j / lanes, i) + j % lanes; }
    void load(size_t b, size_t sender, size_t (&offset)[lanes], Real (&weight)[lanes]) const {
        const size_t at = cell(b, sender);
        for (size_t l = 0; l < lanes; ++l) { offset[l] = Delayed ? offset_[at + l] : l; weight[l] = weight_[at + l]; }
    }

    size_t pre_, post_, blocks_;
    AlignedArray<Real> weight_;
    AlignedArray<std::uint32_t> offset_;   // delay * lanes + lane
};
