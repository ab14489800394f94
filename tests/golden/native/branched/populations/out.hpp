// Population "out": 2 neurons.
#pragma once

#include "kernels/delivery.hpp"
#include "kernels/loss.hpp"
#include "platform/list.hpp"
#include "platform/maths.hpp"
#include "platform/memory.hpp"
/// Numbers of "out" that do not change during a batch; those per neuron are padded to whole blocks.
struct OutNumbers {
    Real tau_mem;
    Real tau_exp;
    Real inverse_tau_exp;
    Real inverse_tau_mem;
    Real v_from_v;
    Real v_from_I;
    Real I_from_I;
};

/// What one sample leaves of "out" for the backward pass.
struct OutRecord {
    bool all_finite = true;   // every state, at every spike and at the end
    Real batch_weight = 1;   // of this sample in the loss: 1 / batch
    AlignedArray<Real> y_cross_entropy_out{padded(2)}, gradient_cross_entropy_out{padded(2)};
    Real value_cross_entropy_out = 0;
};
/// States, delay lines and adjoints of "out" for one sample at a time.
struct Out {
    static constexpr size_t size = 2, blocks = blocks_of(size);

    AlignedArray<Real> v_all{padded(size)};
    AlignedArray<Real> I_all{padded(size)};
    DelayBuffer<Arrival::Due> arrivals_exp{size, 56};   // sums over what arrives at the start of a step
    AlignedArray<Real> p_v_all{padded(size)};
    AlignedArray<Real> p_I_all{padded(size)};
    DelayBuffer<Arrival::Exposed> adjoints_exp{size, 56};   // what arrivals at the start of a step read
    /// Clears what a trial must not inherit from the one before.
    void begin([[maybe_unused]] const OutNumbers& numbers, [[maybe_unused]] OutRecord& record, [[maybe_unused]] bool learning) {
        for (size_t neuron = 0; neuron < padded(size); ++neuron) {
            v_all[neuron] = Real(0);
            I_all[neuron] = Real(0);
        }
        arrivals_exp.cells.zero();
        record.all_finite = true;
        record.value_cross_entropy_out = 0;
        for (size_t neuron = 0; neuron < padded(size); ++neuron) {
            record.y_cross_entropy_out[neuron] = Real(0);
        }
    }

    /// Whether every state is finite now.
    bool all_finite() const {
        for (size_t neuron = 0; neuron < size; ++neuron) {
            if (!(maths::isfinite(v_all[neuron]) && maths::isfinite(I_all[neuron]))) return false;
        }
        return true;
    }

    /// Step n: deliver, propagate from t_n to t_{n+1}, observe, guard, spike, reset.
    void advance([[maybe_unused]] const OutNumbers& numbers, [[maybe_unused]] OutRecord& record, size_t step, [[maybe_unused]] bool learning) {
        const Real v_from_v = numbers.v_from_v;
        const Real v_from_I = numbers.v_from_I;
        const Real I_from_I = numbers.I_from_I;
        const Real weight_cross_entropy_out_start = weight_of_cross_entropy_out(step), weight_cross_entropy_out_end = weight_of_cross_entropy_out(step + 1);
        Real* const v_at = v_all.data();
        Real* const I_at = I_all.data();
        Real* const y_cross_entropy_out_at = record.y_cross_entropy_out.data();
        for (size_t block = 0; block < blocks; ++block) {
            const Real* arrivals_exp_row = arrivals_exp.reals(block, step);
#pragma omp simd
            for (size_t lane = 0; lane < lanes; ++lane) {
                const size_t neuron = block * lanes + lane;
                Real v = v_at[neuron];
                Real I = I_at[neuron];
                const Real due_exp = arrivals_exp_row[lane];
                I += due_exp;
                y_cross_entropy_out_at[neuron] += Real(0.5) * weight_cross_entropy_out_start * v;
                v = I * v_from_I + v * v_from_v;
                I = I * I_from_I;
                y_cross_entropy_out_at[neuron] += Real(0.5) * weight_cross_entropy_out_end * v;
                v_at[neuron] = v;
                I_at[neuron] = I;
            }
        }
    }

    /// Weight of t_n, n being `instant`, in the integral that cross_entropy_out observes.
    static Real weight_of_cross_entropy_out(size_t instant) {
        [[maybe_unused]] const Real t = Real(::instant(instant));
        [[maybe_unused]] constexpr Real duration = Real(::duration);
        return Real(1) / duration;
    }

    /// Clears the adjoints: p(T) = 0.
    void begin_backward([[maybe_unused]] const OutRecord& record) {
        p_v_all.zero();
        p_I_all.zero();
    }

    /// Adds what the losses drive at t_{n+1}, before resets; integrals count half a step here, half at its start.
    void drive([[maybe_unused]] const OutNumbers& numbers, const OutRecord& record, [[maybe_unused]] size_t step) {
        {
            const Real weight = weight_of_cross_entropy_out(step + 1);
#pragma omp simd
            for (size_t neuron = 0; neuron < padded(size); ++neuron) {
                p_v_all[neuron] += Real(0.5) * weight * record.gradient_cross_entropy_out[neuron];
            }
        }
    }

    /// From t_{n+1} to t_n, and what the arrivals of step n read there.
    void propagate([[maybe_unused]] const OutNumbers& numbers, [[maybe_unused]] const OutRecord& record, size_t step) {
        const Real inverse_tau_exp = numbers.inverse_tau_exp;
        const Real inverse_tau_mem = numbers.inverse_tau_mem;
        const Real v_from_v = numbers.v_from_v;
        const Real v_from_I = numbers.v_from_I;
        const Real I_from_I = numbers.I_from_I;
        Real* const p_v_at = p_v_all.data();
        Real* const p_I_at = p_I_all.data();
        const Real weight_cross_entropy_out_start = weight_of_cross_entropy_out(step);
        const Real* const gradient_cross_entropy_out_at = record.gradient_cross_entropy_out.data();
        for (size_t block = 0; block < blocks; ++block) {
            Real* adjoints_exp_row = adjoints_exp.reals(block, step);
#pragma omp simd
            for (size_t lane = 0; lane < lanes; ++lane) {
                const size_t neuron = block * lanes + lane;
                Real p_v = p_v_at[neuron];
                Real p_I = p_I_at[neuron];
                p_I = I_from_I * p_I + p_v * v_from_I;
                p_v = p_v * v_from_v;
                p_v += Real(0.5) * weight_cross_entropy_out_start * gradient_cross_entropy_out_at[neuron];
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
