// One sample, forward and backward: network.
#pragma once

#include "populations/relay.hpp"
#include "populations/hidden.hpp"
#include "populations/out.hpp"
#include "platform/dense.hpp"
#include "platform/sparse.hpp"
/// Weights and delays of a batch, as the kernels read them, and the numbers of every population.
struct Network {
    Sparse<Arrival> left_to_relay{3};
    Sparse<Arrival> right_to_hidden{5};
    Dense<Arrival, true, true> relay_to_hidden{3, 4};
    Sparse<Arrival> hidden_to_relay{4};
    Dense<Arrival, true, true> hidden_to_out{4, 2};
    Dense<Arrival, false, true> relay_to_out{3, 2};
    RelayNumbers relay;
    HiddenNumbers hidden;
    OutNumbers out;
};

/// Gradient sums of a group of samples.
struct Gradients {
    AlignedArray<Arrival::Sums> left_to_relay;
    AlignedArray<Arrival::Sums> right_to_hidden;
    AlignedArray<Arrival::Sums> relay_to_hidden;
    AlignedArray<Arrival::Sums> hidden_to_relay;
    AlignedArray<Arrival::Sums> hidden_to_out;
    AlignedArray<Arrival::Sums> relay_to_out;
    void clear([[maybe_unused]] const Network& net) {
        left_to_relay.resize(net.left_to_relay.gradient_size());
        right_to_hidden.resize(net.right_to_hidden.gradient_size());
        relay_to_hidden.resize(net.relay_to_hidden.gradient_size());
        hidden_to_relay.resize(net.hidden_to_relay.gradient_size());
        hidden_to_out.resize(net.hidden_to_out.gradient_size());
        relay_to_out.resize(net.relay_to_out.gradient_size());
    }
};

/// Input events of one sample, in order of time.
struct Events {
    const std::int32_t *step, *channel;
    const Real* value;   // what they carry, null where they carry nothing
    size_t count;

    template <class Take> void operator()(const Take& take) const {
        for (size_t e = 0; e < count; ++e) {
            take(std::uint32_t(step[e]), std::uint32_t(channel[e]));
        }
    }
};

/// What is known of one sample, and what it leaves for the backward pass.
struct Record {
    Events left{};
    Events right{};
    std::int64_t label = -1;
    const Real* target = nullptr;
    size_t target_stride = 0;   // elements from one step to the next; 0 for one target per trial
    RelayRecord relay;
    HiddenRecord hidden;
    OutRecord out;
};

/// States and delay lines of one thread.
struct Workspace {
    BySender left_events;
    BySender right_events;
    Relay relay;
    BySender relay_events;

    Hidden hidden;
    BySender hidden_events;

    Out out;
    /// Forward; `after_step(step)` is called at each t_{n+1}, with states as they are after resets.
    template <class AfterStep>
    void forward(const Network& net, Record& record, bool learning, const AfterStep& after_step) {
        relay.begin(net.relay, record.relay, learning);
        hidden.begin(net.hidden, record.hidden, learning);
        out.begin(net.out, record.out, learning);
        left_events.build(3, record.left, record.left.value);
        net.left_to_relay.deliver(left_events, relay.arrivals_exp);
        right_events.build(5, record.right, record.right.value);
        net.right_to_hidden.deliver(right_events, hidden.arrivals_exp);
        for (size_t step = 0; step < steps; ++step) {
            relay.advance(net.relay, record.relay, step, learning);
            hidden.advance(net.hidden, record.hidden, step, learning);
            out.advance(net.out, record.out, step, learning);
            send_relay(net, record, step);
            send_hidden(net, record, step);
            after_step(step);
        }
        if (!relay.all_finite()) record.relay.all_finite = false;
        if (!hidden.all_finite()) record.hidden.all_finite = false;
        if (!out.all_finite()) record.out.all_finite = false;
        std::memcpy(record.relay.left.data(), relay.left.data(), padded(3) * sizeof(std::int32_t));
    }

    /// The loss of one sample once it has run, and dL/dy, `batch_weight` being 1 / batch.
    static Real evaluate_loss([[maybe_unused]] Record& record, Real batch_weight, bool learning) {
        Real total = 0;
        {
            auto& own = record.out;
            own.batch_weight = batch_weight;
            own.value_cross_entropy_out = cross_entropy_out(own.y_cross_entropy_out.data(), 2, record.label, target(record, 0), learning ? own.gradient_cross_entropy_out.data() : nullptr);
            if (learning)
                for (size_t n = 0; n < 2; ++n) {
                    own.gradient_cross_entropy_out[n] *= batch_weight;
                }
            total += own.value_cross_entropy_out;
        }
        (void)learning; (void)batch_weight;
        return total;
    }

    /// Backward; gradients are added to `sums`.
    void backward(const Network& net, const Record& record, Gradients& sums) {
        relay.begin_backward(record.relay);
        hidden.begin_backward(record.hidden);
        out.begin_backward(record.out);
        for (size_t step = steps; step-- > 0;) {
            relay.jump(net.relay, record.relay, step, [&]([[maybe_unused]] std::uint32_t neuron, [[maybe_unused]] size_t index) {
                Real sent = 0;
                sent += net.relay_to_hidden.sent(neuron, step, hidden.adjoints_exp);
                sent += net.relay_to_out.sent(neuron, step, out.adjoints_exp);
                return sent;
            });
            hidden.jump(net.hidden, record.hidden, step, [&]([[maybe_unused]] std::uint32_t neuron, [[maybe_unused]] size_t index) {
                Real sent = 0;
                sent += net.hidden_to_relay.sent_and_gathered(neuron, step, relay.adjoints_exp, sums.hidden_to_relay);
                sent += net.hidden_to_out.sent(neuron, step, out.adjoints_exp);
                return sent;
            });
            out.drive(net.out, record.out, step);
            relay.propagate(net.relay, record.relay, step);
            hidden.propagate(net.hidden, record.hidden, step);
            out.propagate(net.out, record.out, step);
        }
        left_events.build(3, record.left, record.left.value);
        net.left_to_relay.gather(left_events, relay.adjoints_exp, sums.left_to_relay);
        right_events.build(5, record.right, record.right.value);
        net.right_to_hidden.gather(right_events, hidden.adjoints_exp, sums.right_to_hidden);
        relay_events.build(3, [&](const auto& take) {
            for (const auto& spike : record.relay.spikes) {
                take(spike.step, spike.neuron);
            }
        });
        net.relay_to_hidden.gather(relay_events, hidden.adjoints_exp, sums.relay_to_hidden);
        net.relay_to_out.gather(relay_events, out.adjoints_exp, sums.relay_to_out);
        hidden_events.build(4, [&](const auto& take) {
            for (const auto& spike : record.hidden.spikes) {
                take(spike.step, spike.neuron);
            }
        });
        net.hidden_to_out.gather(hidden_events, out.adjoints_exp, sums.hidden_to_out);
    }

private:
    static const Real* target(const Record& record, size_t step) {
        return record.target ? record.target + step * record.target_stride : nullptr;
    }

    void send_relay([[maybe_unused]] const Network& net, Record& sample, size_t step) {
        const RelayRecord& record = sample.relay;
        for (size_t index = record.first[step]; index < record.first[step + 1]; ++index) {
            [[maybe_unused]] const std::uint32_t neuron = record.spikes[index].neuron;
            net.relay_to_hidden.deliver(neuron, step, hidden.arrivals_exp);
            net.relay_to_out.deliver(neuron, step, out.arrivals_exp);
        }
    }
    void send_hidden([[maybe_unused]] const Network& net, Record& sample, size_t step) {
        const HiddenRecord& record = sample.hidden;
        for (size_t index = record.first[step]; index < record.first[step + 1]; ++index) {
            [[maybe_unused]] const std::uint32_t neuron = record.spikes[index].neuron;
            net.hidden_to_relay.deliver(neuron, step, relay.arrivals_exp);
            net.hidden_to_out.deliver(neuron, step, out.arrivals_exp);
        }
    }
};
