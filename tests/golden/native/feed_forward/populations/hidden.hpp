// Population "hidden": 3 neurons.
#pragma once

#include "kernels/delivery.hpp"
#include "kernels/loss.hpp"
#include "platform/list.hpp"
#include "platform/maths.hpp"
#include "platform/memory.hpp"
/// Numbers of "hidden" that do not change during a batch; those per neuron are padded to whole blocks.
struct HiddenNumbers {
    Real tau_mem;
    Real v_th;
    Real v_reset;
    Real tau_ref;
    Real tau_exp;
    Real inverse_tau_exp;
    Real inverse_tau_mem;
    Real v_from_v;
    Real v_from_I;
    Real I_from_I;
};

/// What one sample leaves of "hidden" for the backward pass.
struct HiddenRecord {
    bool all_finite = true;   // every state, at every spike and at the end
    struct Spike {
        std::uint32_t step, neuron;
        Real spike_I;
        Real crossing_late;
        Real crossing_rate;
    };
    List<Spike> spikes;
    List<std::uint32_t> first;   // the spikes of step n are first[n] ... first[n + 1]
};
/// States, delay lines and adjoints of "hidden" for one sample at a time.
struct Hidden {
    static constexpr size_t size = 3, blocks = blocks_of(size);

    AlignedArray<Real> v_all{padded(size)};
    AlignedArray<Real> I_all{padded(size)};
    AlignedArray<Real> v_start_all{padded(size)};   // after delivery, before the step
    AlignedArray<Real> I_start_all{padded(size)};   // after delivery, before the step
    DelayBuffer<Arrival::Due> arrivals_exp{size, 56};   // sums over what arrives at the start of a step
    AlignedArray<Real> p_v_all{padded(size)};
    AlignedArray<Real> p_I_all{padded(size)};
    DelayBuffer<Arrival::Exposed> adjoints_exp{size, 56};   // what arrivals at the start of a step read
    /// Clears what a trial must not inherit from the one before.
    void begin([[maybe_unused]] const HiddenNumbers& numbers, [[maybe_unused]] HiddenRecord& record, [[maybe_unused]] bool learning) {
        for (size_t neuron = 0; neuron < padded(size); ++neuron) {
            v_all[neuron] = Real(0);
            I_all[neuron] = Real(0);
        }
        arrivals_exp.cells.zero();
        record.all_finite = true;
        record.spikes.clear();
        record.first.assign(steps + 1, 0);
    }

    /// Whether every state is finite now.
    bool all_finite() const {
        for (size_t neuron = 0; neuron < size; ++neuron) {
            if (!(maths::isfinite(v_all[neuron]) && maths::isfinite(I_all[neuron]))) return false;
        }
        return true;
    }

    /// Step n: deliver, propagate from t_n to t_{n+1}, observe, guard, spike, reset.
    void advance([[maybe_unused]] const HiddenNumbers& numbers, [[maybe_unused]] HiddenRecord& record, size_t step, [[maybe_unused]] bool learning) {
        const Real v_th = numbers.v_th;
        const Real v_from_v = numbers.v_from_v;
        const Real v_from_I = numbers.v_from_I;
        const Real I_from_I = numbers.I_from_I;
        record.first[step] = std::uint32_t(record.spikes.size());
        Real* const v_at = v_all.data();
        Real* const I_at = I_all.data();
        Real* const v_start_at = v_start_all.data();
        Real* const I_start_at = I_start_all.data();
        for (size_t block = 0; block < blocks; ++block) {
            const Real* arrivals_exp_row = arrivals_exp.reals(block, step);
            int fired = 0;
#pragma omp simd reduction(| : fired)
            for (size_t lane = 0; lane < lanes; ++lane) {
                const size_t neuron = block * lanes + lane;
                Real v = v_at[neuron];
                Real I = I_at[neuron];
                const Real due_exp = arrivals_exp_row[lane];
                I += due_exp;
                v_start_at[neuron] = v;
                I_start_at[neuron] = I;
                v = I * v_from_I + v * v_from_v;
                I = I * I_from_I;
                fired |= v - v_th > Real(0);
                v_at[neuron] = v;
                I_at[neuron] = I;
            }
            if (fired) fire(numbers, record, block, step);
        }
        record.first[step + 1] = std::uint32_t(record.spikes.size());
    }

    /// Spikes of a block at t_{n+1}: taped, then reset.
    void fire([[maybe_unused]] const HiddenNumbers& numbers, [[maybe_unused]] HiddenRecord& record, size_t block, size_t step) {
        const Real tau_mem = numbers.tau_mem;
        const Real v_th = numbers.v_th;
        const Real v_reset = numbers.v_reset;
        const Real tau_exp = numbers.tau_exp;
        for (size_t neuron = block * lanes; neuron < (block + 1) * lanes && neuron < size; ++neuron) {
            [[maybe_unused]] Real v = v_all[neuron];
            [[maybe_unused]] Real I = I_all[neuron];
            if (!(v - v_th > Real(0))) continue;
            if (!(maths::isfinite(v) && maths::isfinite(I))) record.all_finite = false;
            // where a straight line through the step crosses the threshold
            const Real v_start = v_start_all[neuron];
            const Real I_start = I_start_all[neuron];
            const Real below = v_start - v_th, above = v - v_th;
            const Real fraction = below < Real(0) ? below / (below - above) : Real(0);
            const Real I_crossing = I_start + fraction * (I - I_start);
            record.spikes.push_back({std::uint32_t(step), std::uint32_t(neuron), I, Real(1) - fraction, maths::fmax(maths::fmax((I_crossing - v_th) / tau_mem, maths::fabs(Real(2) * (-((I_crossing - v_th) / (tau_mem * tau_mem)) - I_crossing / (tau_exp * tau_mem)))), Real(0.001))});
            v = v_reset;
            v_all[neuron] = v;
        }
    }

    /// Clears the adjoints: p(T) = 0.
    void begin_backward([[maybe_unused]] const HiddenRecord& record) {
        p_v_all.zero();
        p_I_all.zero();
    }

    /// Across the spikes of step n, backward; sent_by(neuron, index) is ∂L/∂t_spike through their arrivals.
    template <class SentBy>
    void jump([[maybe_unused]] const HiddenNumbers& numbers, const HiddenRecord& record, size_t step, const SentBy& sent_by) {
        const Real tau_mem = numbers.tau_mem;
        const Real v_reset = numbers.v_reset;
        const Real tau_exp = numbers.tau_exp;
        for (size_t index = record.first[step]; index < record.first[step + 1]; ++index) {
            const auto& spike = record.spikes[index];
            const size_t neuron = spike.neuron;
            const Real spike_I = spike.spike_I;
            const Real crossing_late = spike.crossing_late;
            const Real crossing_rate = spike.crossing_rate;
            Real p_v = p_v_all[neuron];
            Real p_I = p_I_all[neuron];
            Real sent = sent_by(spike.neuron, index);
            const Real shift = (sent + p_v * (v_reset - spike_I) / tau_mem) / crossing_rate;
            p_v = -(shift * (Real(1) + crossing_late * (Real(1) / tau_mem + crossing_late / (Real(2) * tau_mem * tau_mem))));
            p_I = p_I + crossing_late * shift * (Real(1) / tau_mem - crossing_late * (-tau_exp - tau_mem) / (Real(2) * tau_exp * tau_mem * tau_mem));
            p_v_all[neuron] = p_v;
            p_I_all[neuron] = p_I;
        }
    }

    /// From t_{n+1} to t_n, and what the arrivals of step n read there.
    void propagate([[maybe_unused]] const HiddenNumbers& numbers, [[maybe_unused]] const HiddenRecord& record, size_t step) {
        const Real inverse_tau_exp = numbers.inverse_tau_exp;
        const Real inverse_tau_mem = numbers.inverse_tau_mem;
        const Real v_from_v = numbers.v_from_v;
        const Real v_from_I = numbers.v_from_I;
        const Real I_from_I = numbers.I_from_I;
        Real* const p_v_at = p_v_all.data();
        Real* const p_I_at = p_I_all.data();
        for (size_t block = 0; block < blocks; ++block) {
            Real* adjoints_exp_row = adjoints_exp.reals(block, step);
#pragma omp simd
            for (size_t lane = 0; lane < lanes; ++lane) {
                const size_t neuron = block * lanes + lane;
                Real p_v = p_v_at[neuron];
                Real p_I = p_I_at[neuron];
                p_I = I_from_I * p_I + p_v * v_from_I;
                p_v = p_v * v_from_v;
                p_v_at[neuron] = p_v;
                p_I_at[neuron] = p_I;
                {
                    const Real dL_dw = p_I;
                    const Real dL_dt = inverse_tau_exp * p_I - inverse_tau_mem * p_v;
                    adjoints_exp_row[2 * lane] = dL_dw;
                    adjoints_exp_row[2 * lane + 1] = dL_dt;
                }
            }
        }
    }
};
