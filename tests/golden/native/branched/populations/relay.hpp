// Population "relay": 3 neurons.
#pragma once

#include "kernels/delivery.hpp"
#include "kernels/loss.hpp"
#include "platform/list.hpp"
#include "platform/maths.hpp"
#include "platform/memory.hpp"
/// Numbers of "relay" that do not change during a batch; those per neuron are padded to whole blocks.
struct RelayNumbers {
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
    Real v_from_v_held;
    Real I_from_I_held;
    const std::int32_t* refractory_steps;
};

/// What one sample leaves of "relay" for the backward pass.
struct RelayRecord {
    bool all_finite = true;   // every state, at every spike and at the end
    struct Spike {
        std::uint32_t step, neuron;
        Real crossing_late;
        Real crossing_rate;
    };
    List<Spike> spikes;
    List<std::uint32_t> first;   // the spikes of step n are first[n] ... first[n + 1]
    struct Release {
        std::uint32_t neuron;
        Real release_dv;
    };
    List<Release> releases;
    List<std::uint32_t> first_release;
    AlignedArray<std::int32_t> left{padded(3)};   // refractory periods that last beyond the end
};
/// States, delay lines and adjoints of "relay" for one sample at a time.
struct Relay {
    static constexpr size_t size = 3, blocks = blocks_of(size);

    AlignedArray<Real> v_all{padded(size)};
    AlignedArray<Real> I_all{padded(size)};
    AlignedArray<Real> v_start_all{padded(size)};   // after delivery, before the step
    AlignedArray<Real> I_start_all{padded(size)};   // after delivery, before the step
    DelayBuffer<Arrival::Due> arrivals_exp{size, 56};   // sums over what arrives at the start of a step
    AlignedArray<std::int32_t> left{padded(size)}, freed_all{padded(size)};   // 1 + steps until the refractory period ends; 1 in the first free step
    AlignedArray<Real> release_dv_all{padded(size)};
    AlignedArray<Real> p_v_all{padded(size)};
    AlignedArray<Real> p_I_all{padded(size)};
    DelayBuffer<Arrival::Exposed> adjoints_exp{size, 56};   // what arrivals at the start of a step read
    AlignedArray<std::int32_t> held_all{padded(size)};
    AlignedArray<Real> released_all{padded(size)};
    /// Clears what a trial must not inherit from the one before.
    void begin([[maybe_unused]] const RelayNumbers& numbers, [[maybe_unused]] RelayRecord& record, [[maybe_unused]] bool learning) {
        for (size_t neuron = 0; neuron < padded(size); ++neuron) {
            v_all[neuron] = Real(0);
            I_all[neuron] = Real(0);
        }
        arrivals_exp.cells.zero();
        record.all_finite = true;
        record.spikes.clear();
        record.first.assign(steps + 1, 0);
        left.zero();
        record.releases.clear();
        record.first_release.assign(steps + 1, 0);
    }

    /// Whether every state is finite now.
    bool all_finite() const {
        for (size_t neuron = 0; neuron < size; ++neuron) {
            if (!(maths::isfinite(v_all[neuron]) && maths::isfinite(I_all[neuron]))) return false;
        }
        return true;
    }

    /// Step n: deliver, propagate from t_n to t_{n+1}, observe, guard, spike, reset.
    void advance([[maybe_unused]] const RelayNumbers& numbers, [[maybe_unused]] RelayRecord& record, size_t step, [[maybe_unused]] bool learning) {
        const Real tau_mem = numbers.tau_mem;
        const Real v_th = numbers.v_th;
        const Real v_from_v = numbers.v_from_v;
        const Real v_from_I = numbers.v_from_I;
        const Real I_from_I = numbers.I_from_I;
        const Real v_from_v_held = numbers.v_from_v_held;
        const Real I_from_I_held = numbers.I_from_I_held;
        record.first[step] = std::uint32_t(record.spikes.size());
        record.first_release[step] = std::uint32_t(record.releases.size());
        Real* const v_at = v_all.data();
        Real* const I_at = I_all.data();
        Real* const v_start_at = v_start_all.data();
        Real* const I_start_at = I_start_all.data();
        std::int32_t *const left_at = left.data(), *const freed_at = freed_all.data();
        Real* const release_dv_at = release_dv_all.data();
        for (size_t block = 0; block < blocks; ++block) {
            const Real* arrivals_exp_row = arrivals_exp.reals(block, step);
            int fired = 0;
            int freed = 0;
#pragma omp simd reduction(| : fired) reduction(| : freed)
            for (size_t lane = 0; lane < lanes; ++lane) {
                const size_t neuron = block * lanes + lane;
                Real v = v_at[neuron];
                Real I = I_at[neuron];
                const bool held = left_at[neuron] > 1;
                freed_at[neuron] = left_at[neuron] == 1;
                freed |= freed_at[neuron];
                const Real due_exp = arrivals_exp_row[lane];
                I += due_exp;
                v_start_at[neuron] = v;
                I_start_at[neuron] = I;
                release_dv_at[neuron] = (I - v) / tau_mem;
                // while held
                Real v_held = v;
                Real I_held = I;
                v_held = v_held * v_from_v_held;
                I_held = I_held * I_from_I_held;
                // while free
                v = I * v_from_I + v * v_from_v;
                I = I * I_from_I;
                v = held ? v_held : v;
                I = held ? I_held : I;
                left_at[neuron] -= left_at[neuron] > 0 ? 1 : 0;
                fired |= !held && v - v_th > Real(0);
                v_at[neuron] = v;
                I_at[neuron] = I;
            }
            if (freed) release(record, block);
            if (fired) fire(numbers, record, block, step);
        }
        record.first[step + 1] = std::uint32_t(record.spikes.size());
        record.first_release[step + 1] = std::uint32_t(record.releases.size());
    }

    /// Neurons of a block whose refractory period ended at the start of this step.
    void release(RelayRecord& record, size_t block) {
        for (size_t neuron = block * lanes; neuron < (block + 1) * lanes && neuron < size; ++neuron) {
            if (freed_all[neuron]) record.releases.push_back({std::uint32_t(neuron), release_dv_all[neuron]});
        }
    }

    /// Spikes of a block at t_{n+1}: taped, then reset.
    void fire([[maybe_unused]] const RelayNumbers& numbers, [[maybe_unused]] RelayRecord& record, size_t block, size_t step) {
        const Real tau_mem = numbers.tau_mem;
        const Real v_th = numbers.v_th;
        const Real v_reset = numbers.v_reset;
        const Real tau_exp = numbers.tau_exp;
        for (size_t neuron = block * lanes; neuron < (block + 1) * lanes && neuron < size; ++neuron) {
            [[maybe_unused]] Real v = v_all[neuron];
            [[maybe_unused]] Real I = I_all[neuron];
            if (!(v - v_th > Real(0)) || left[neuron] > 0) continue;
            if (!(maths::isfinite(v) && maths::isfinite(I))) record.all_finite = false;
            // where a straight line through the step crosses the threshold
            const Real v_start = v_start_all[neuron];
            const Real I_start = I_start_all[neuron];
            const Real below = v_start - v_th, above = v - v_th;
            const Real fraction = below < Real(0) ? below / (below - above) : Real(0);
            const Real I_crossing = I_start + fraction * (I - I_start);
            record.spikes.push_back({std::uint32_t(step), std::uint32_t(neuron), Real(1) - fraction, maths::fmax(maths::fmax((I_crossing - v_th) / tau_mem, maths::fabs(Real(2) * (-((I_crossing - v_th) / (tau_mem * tau_mem)) - I_crossing / (tau_exp * tau_mem)))), Real(0.001))});
            v = v_reset;
            v_all[neuron] = v;
            left[neuron] = 1 + numbers.refractory_steps[neuron];
        }
    }

    /// Clears the adjoints: p(T) = 0.
    void begin_backward([[maybe_unused]] const RelayRecord& record) {
        p_v_all.zero();
        p_I_all.zero();
        released_all.zero();
        for (size_t neuron = 0; neuron < size; ++neuron) {
            held_all[neuron] = record.left[neuron] > 0;
        }
    }

    /// Across the spikes of step n, backward; sent_by(neuron, index) is ∂L/∂t_spike through their arrivals.
    template <class SentBy>
    void jump([[maybe_unused]] const RelayNumbers& numbers, const RelayRecord& record, size_t step, const SentBy& sent_by) {
        const Real tau_mem = numbers.tau_mem;
        const Real tau_exp = numbers.tau_exp;
        for (size_t index = record.first[step]; index < record.first[step + 1]; ++index) {
            const auto& spike = record.spikes[index];
            const size_t neuron = spike.neuron;
            const Real crossing_late = spike.crossing_late;
            const Real crossing_rate = spike.crossing_rate;
            Real p_v = p_v_all[neuron];
            Real p_I = p_I_all[neuron];
            Real sent = sent_by(spike.neuron, index);
            sent += released_all[neuron];
            released_all[neuron] = 0;
            held_all[neuron] = 0;
            const Real shift = sent / crossing_rate;
            p_v = -(shift * (Real(1) + crossing_late * (Real(1) / tau_mem + crossing_late / (Real(2) * tau_mem * tau_mem))));
            p_I = p_I + crossing_late * shift * (Real(1) / tau_mem - crossing_late * (-tau_exp - tau_mem) / (Real(2) * tau_exp * tau_mem * tau_mem));
            p_v_all[neuron] = p_v;
            p_I_all[neuron] = p_I;
        }
    }

    /// From t_{n+1} to t_n, and what the arrivals of step n read there.
    void propagate([[maybe_unused]] const RelayNumbers& numbers, [[maybe_unused]] const RelayRecord& record, size_t step) {
        const Real inverse_tau_exp = numbers.inverse_tau_exp;
        const Real inverse_tau_mem = numbers.inverse_tau_mem;
        const Real v_from_v = numbers.v_from_v;
        const Real v_from_I = numbers.v_from_I;
        const Real I_from_I = numbers.I_from_I;
        const Real v_from_v_held = numbers.v_from_v_held;
        const Real I_from_I_held = numbers.I_from_I_held;
        Real* const p_v_at = p_v_all.data();
        Real* const p_I_at = p_I_all.data();
        const std::int32_t* const held_at = held_all.data();
        for (size_t block = 0; block < blocks; ++block) {
            Real* adjoints_exp_row = adjoints_exp.reals(block, step);
#pragma omp simd
            for (size_t lane = 0; lane < lanes; ++lane) {
                const size_t neuron = block * lanes + lane;
                Real p_v = p_v_at[neuron];
                Real p_I = p_I_at[neuron];
                const bool held = held_at[neuron] != 0;
                // while held
                Real p_v_held = p_v;
                Real p_I_held = p_I;
                p_v_held = p_v_held * v_from_v_held;
                p_I_held = I_from_I_held * p_I_held;
                // while free
                p_I = I_from_I * p_I + p_v * v_from_I;
                p_v = p_v * v_from_v;
                p_v = held ? p_v_held : p_v;
                p_I = held ? p_I_held : p_I;
                p_v_at[neuron] = p_v;
                p_I_at[neuron] = p_I;
                p_v = held ? Real(0) : p_v;   // a held state moves for no arrival
                {
                    const Real dL_dw = p_I;
                    const Real dL_dt = inverse_tau_exp * p_I - inverse_tau_mem * p_v;
                    adjoints_exp_row[2 * lane] = dL_dw;
                    adjoints_exp_row[2 * lane + 1] = dL_dt;
                }
            }
        }
        for (size_t index = record.first_release[step]; index < record.first_release[step + 1]; ++index) {
            const auto& release = record.releases[index];
            const size_t neuron = release.neuron;
            const Real release_dv = release.release_dv;
            const Real p_v = p_v_all[neuron];
            const Real released = -(p_v * release_dv);
            released_all[neuron] = released;
            held_all[neuron] = 1;
        }
    }
};
