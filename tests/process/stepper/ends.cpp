// SPDX-License-Identifier: MIT
#include "process/stepper/ends.hpp"

#include "process/stepper/bugs.hpp"

#include <shunt/lane/request.hpp>
#include <shunt/mpsc.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace shunt::stepper {
namespace {

using process_test::fill;
using process_test::intact;
using process_test::kLongest;
using process_test::Large;
using process_test::length_of;
using process_test::number_of;
using process_test::Small;

[[noreturn]] void no_such_act() {
    throw std::logic_error("this port knows no such act");
}

// And whose it is, where the port tells.
template <class Port>
Message of_port(const Port& port, Message message) {
    if constexpr (requires { port.producer(); }) {
        message.lane = port.lane();
        message.producer = port.producer();
    }
    return message;
}

std::uint64_t one_if(Status status) {
    return status ? 1 : 0;
}

template <class T, class Port>
class FixedOutlet final : public Outlet {
public:
    explicit FixedOutlet(const Options& options) : port_{kChannel, options} {}

    std::uint64_t next() const override { return port_.position() - place().header().start_pos; }
    Status push(std::uint64_t number) override {
        T message;
        fill(message, number);
        return port_.try_push(message);
    }
    Status push_until(std::uint64_t number, channel::Deadline deadline) override {
        T message;
        fill(message, number);
        return port_.push_until(message, deadline);
    }
    void prepare(Act act, std::uint64_t number) override {
        for (std::uint64_t i = 0; i < kBatch; ++i) {
            fill(messages_[i], number + i);
        }
        if (act == Act::publish || act == Act::abandon) {
            T* const claimed = port_.try_claim();
            fill(*claimed, act == Act::publish ? number : ~number);
        }
    }
    std::uint64_t perform(Act act) override {
        switch (act) {
            case Act::push:
                return one_if(port_.try_push(messages_[0]));
            case Act::claim:
                static_cast<void>(port_.try_claim());
                return 0;
            case Act::publish:
                port_.publish();
                return 1;
            case Act::abandon:
                port_.abandon();
                return 0;
            case Act::push_n:
                return port_.try_push_n(messages_);
            case Act::push_blocking:
                return one_if(port_.push_until(messages_[0], channel::kNoDeadline));
            default:
                no_such_act();
        }
    }
    std::uint64_t room() const override {
        return port_.capacity() -
               (port_.position() - lane::read_position(place(), lane::lane_of(place())));
    }
    std::uint32_t lane() const override { return lane::lane_of(place()); }
    void close() override { port_.close(); }
    const channel::Participant& place() const override { return port_.participant(); }

private:
    Port port_;
    std::array<T, kBatch> messages_;
};

template <class T, class Port>
class FixedInlet final : public Inlet {
public:
    explicit FixedInlet(const Options& options) : port_{kChannel, options} {}

    Status pop(Message& message) override {
        T popped;
        const Status status = port_.try_pop(popped);
        return status ? told(popped, message) : status;
    }
    Status pop_until(Message& message, channel::Deadline deadline) override {
        T popped;
        const Status status = port_.pop_until(popped, deadline);
        return status ? told(popped, message) : status;
    }
    void prepare(Act act) override {
        if (act == Act::release) {
            peeked_ = port_.try_peek();
        }
    }
    std::uint64_t perform(Act act, const std::function<void(const Message&)>& seen) override {
        std::uint64_t done = 0;
        const auto see = [&](const T& one) { seen(of(one)); };
        switch (act) {
            case Act::pop:
                done = one_if(port_.try_pop(messages_[0]));
                break;
            case Act::pop_blocking:
                done = one_if(port_.pop_until(messages_[0], channel::kNoDeadline));
                break;
            case Act::pop_n:
                done = port_.try_pop_n(messages_);
                break;
            case Act::peek:
                peeked_ = port_.try_peek();
                if (peeked_ != nullptr) {
                    see(*peeked_);
                }
                return 0;
            case Act::release:
                port_.release();
                return 1;
            case Act::drain:
                return port_.drain(see, kBatch);
            default:
                no_such_act();
        }
        std::for_each_n(messages_.begin(), done, see);
        return done;
    }
    void close() override { port_.close(); }
    const channel::Participant& place() const override { return port_.participant(); }

private:
    Message of(const T& message) const {
        return of_port(port_, {message.number, intact(message), port_.redelivered()});
    }
    Status told(const T& popped, Message& message) const {
        message = of(popped);
        return Status::ok;
    }

    Port port_;
    std::array<T, kBatch> messages_;
    const T* peeked_ = nullptr;
};

template <class Port>
class BytesOutlet final : public Outlet {
public:
    explicit BytesOutlet(const Options& options) : port_{kChannel, options} {}

    std::uint64_t next() const override {
        spsc::BytesView newest;
        return port_.last_published(newest) ? number_of(newest.payload) + 1 : 0;
    }
    Status push(std::uint64_t number) override { return port_.try_push(made(0, number)); }
    Status push_until(std::uint64_t number, channel::Deadline deadline) override {
        return port_.push_until(made(0, number), deadline);
    }
    void prepare(Act act, std::uint64_t number) override {
        for (std::uint64_t i = 0; i < kBatch; ++i) {
            messages_[i] = made(i, number + i);
        }
        if (act == Act::publish || act == Act::abandon) {
            claim();
            fill(claimed_, number);
            claimed_.back() ^= std::byte{act == Act::abandon};
        }
    }
    std::uint64_t perform(Act act) override {
        switch (act) {
            case Act::push:
                return one_if(port_.try_push(messages_[0]));
            case Act::claim:
                claim();
                return 0;
            case Act::publish:
                port_.publish(messages_[0].size());
                return 1;
            case Act::abandon:
                port_.abandon();
                return 0;
            case Act::push_n:
                return port_.try_push_n(messages_);
            case Act::push_blocking:
                return one_if(port_.push_until(messages_[0], channel::kNoDeadline));
            default:
                no_such_act();
        }
    }
    // As the ring counts (B3), from the outside.
    std::uint64_t room() const override {
        const ring::BytesShape shape = lane::bytes_shape(port_.header());
        const std::uint64_t limit =
            lane::read_position(place(), lane::lane_of(place())) + shape.capacity();
        std::uint64_t position = port_.position();
        for (std::uint64_t number = next();; ++number) {
            const std::uint64_t frame = shape.stride(shape.payload_offset() + length_of(number));
            const std::uint64_t to_end = shape.to_end(position);
            const std::uint64_t begin = frame <= to_end ? position : position + to_end;
            if (begin + frame + shape.frame_align() > limit) {
                return number - next();
            }
            position = begin + frame;
        }
    }
    std::uint32_t lane() const override { return lane::lane_of(place()); }
    void close() override { port_.close(); }
    const channel::Participant& place() const override { return port_.participant(); }

private:
    std::span<const std::byte> made(std::uint64_t i, std::uint64_t number) {
        const std::span<std::byte> bytes{memory_[i].data(), length_of(number)};
        fill(bytes, number);
        return bytes;
    }
    void claim() { static_cast<void>(port_.try_claim(messages_[0].size(), claimed_)); }

    Port port_;
    std::array<std::array<std::byte, kLongest>, kBatch> memory_;
    std::array<std::span<const std::byte>, kBatch> messages_;
    std::span<std::byte> claimed_;
};

template <class Port>
class BytesInlet final : public Inlet {
public:
    explicit BytesInlet(const Options& options) : port_{kChannel, options} {}

    Status pop(Message& message) override { return told(port_.try_pop(memory_, size_), message); }
    Status pop_until(Message& message, channel::Deadline deadline) override {
        return told(port_.pop_until(memory_, size_, deadline), message);
    }
    void prepare(Act act) override {
        if (act == Act::release) {
            static_cast<void>(port_.try_peek(view_));
        }
    }
    std::uint64_t perform(Act act, const std::function<void(const Message&)>& seen) override {
        switch (act) {
            case Act::pop:
                return copied(port_.try_pop(memory_, size_), seen);
            case Act::pop_blocking:
                return copied(port_.pop_until(memory_, size_, channel::kNoDeadline), seen);
            case Act::peek:
                if (port_.try_peek(view_)) {
                    seen(of(view_.payload));
                }
                return 0;
            case Act::release:
                port_.release();
                return 1;
            case Act::drain:
                return port_.drain([&](const spsc::BytesView& view) { seen(of(view.payload)); },
                                   kBatch);
            default:
                no_such_act();
        }
    }
    void close() override { port_.close(); }
    const channel::Participant& place() const override { return port_.participant(); }

private:
    Message of(std::span<const std::byte> message) const {
        return of_port(port_, {number_of(message), intact(message), port_.redelivered()});
    }
    std::uint64_t copied(Status status, const std::function<void(const Message&)>& seen) {
        if (status) {
            seen(of({memory_.data(), size_}));
        }
        return one_if(status);
    }
    Status told(Status status, Message& message) const {
        if (status) {
            message = of({memory_.data(), size_});
        }
        return status;
    }

    Port port_;
    std::array<std::byte, kLongest> memory_;
    std::size_t size_ = 0;
    spsc::BytesView view_;
};

template <class T>
std::uint64_t start_at_turn(std::uint64_t capacity) {
    return 7 * ring::line_geometry<T>(capacity).capacity - kAtTurn;
}

// So that the frame of kAtTurn does not fit before the end.
std::uint64_t bytes_start_at_turn(const Options& options) {
    const ring::BytesShape shape = ring::BytesShape::of(options.capacity, options.frame_align, 8);
    std::uint64_t before = 0;
    for (std::uint64_t number = 0; number < kAtTurn; ++number) {
        before += shape.stride(shape.payload_offset() + length_of(number));
    }
    return 7 * shape.capacity() - align_up(before + shape.frame_align(), kLineBytes);
}

}  // namespace

std::uint64_t most_moved_by(Act act) noexcept {
    switch (act) {
        case Act::claim:
        case Act::abandon:
        case Act::peek:
            return 0;
        case Act::push_n:
        case Act::pop_n:
        case Act::drain:
            return kBatch;
        default:
            return 1;
    }
}

std::string_view to_string(Bug bug) noexcept {
    constexpr std::string_view kNames[] = {"none",
                                           "stamp-before-payload",
                                           "read-pos-late",
                                           "free-before-copy",
                                           "peek-not-noted",
                                           "leaves-before-it-says-so",
                                           "enters-before-it-locks",
                                           "recovers-without-telling",
                                           "recovers-the-living",
                                           "collects-the-living"};
    return kNames[static_cast<std::size_t>(bug)];
}

std::unique_ptr<Outlet> open_outlet(Ware ware, const Options& options, Bug bug) {
    if (bug == Bug::stamp_before_payload) {
        return std::make_unique<FixedOutlet<Small, BuggyOut<StampBeforePayload>>>(options);
    }
    switch (ware) {
        case Ware::small:
            return std::make_unique<FixedOutlet<Small, spsc::Producer<Small>>>(options);
        case Ware::large:
            return std::make_unique<FixedOutlet<Large, spsc::Producer<Large>>>(options);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return std::make_unique<BytesOutlet<spsc::BytesProducer>>(options);
}

std::unique_ptr<Inlet> open_inlet(Ware ware, const Options& options, Bug bug) {
    switch (bug) {
        case Bug::read_pos_late:
            return std::make_unique<FixedInlet<Small, BuggyIn<ReadPosLate>>>(options);
        case Bug::free_before_copy:
            return std::make_unique<FixedInlet<Small, BuggyIn<FreeBeforeCopy>>>(options);
        case Bug::peek_not_noted:
            return std::make_unique<FixedInlet<Small, BuggyIn<PeekNotNoted>>>(options);
        default:
            break;
    }
    switch (ware) {
        case Ware::small:
            return std::make_unique<FixedInlet<Small, spsc::Consumer<Small>>>(options);
        case Ware::large:
            return std::make_unique<FixedInlet<Large, spsc::Consumer<Large>>>(options);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return std::make_unique<BytesInlet<spsc::BytesConsumer>>(options);
}

std::unique_ptr<Outlet> open_lane(Ware ware, const Options& options) {
    switch (ware) {
        case Ware::small:
            return std::make_unique<FixedOutlet<Small, mpsc::Producer<Small>>>(options);
        case Ware::large:
            return std::make_unique<FixedOutlet<Large, mpsc::Producer<Large>>>(options);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return std::make_unique<BytesOutlet<mpsc::BytesProducer>>(options);
}

std::unique_ptr<Inlet> open_merge(Ware ware, const Options& options) {
    switch (ware) {
        case Ware::small:
            return std::make_unique<FixedInlet<Small, mpsc::Consumer<Small>>>(options);
        case Ware::large:
            return std::make_unique<FixedInlet<Large, mpsc::Consumer<Large>>>(options);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return std::make_unique<BytesInlet<mpsc::BytesConsumer>>(options);
}

channel::Request request_of(Ware ware, layout::Role role, const Options& options) {
    switch (ware) {
        case Ware::small:
            return lane::fixed_request<Small>(layout::Kind::spsc, kChannel, role, options);
        case Ware::large:
            return lane::fixed_request<Large>(layout::Kind::spsc, kChannel, role, options);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return lane::bytes_request(layout::Kind::spsc_bytes, kChannel, role, options);
}

Options options_of(Ware ware, bool huge, bool turn) {
    Options options;
    options.capacity = ware == Ware::small ? 24 : ware == Ware::large ? 8 : 8192;
    options.pages = huge ? pages::huge_2m : pages::base;
    options.frame_align = ware == Ware::dense ? 8 : ware == Ware::bytes ? 64 : 0;
    options.ports = 4;
    options.liveness = liveness::parked;  // a blocking call's path depends on no clock
    options.seat_timeout = std::chrono::milliseconds{0};
    if (turn) {
        options.start_pos = ware == Ware::small   ? start_at_turn<process_test::Small>(24)
                            : ware == Ware::large ? start_at_turn<process_test::Large>(8)
                                                  : bytes_start_at_turn(options);
    }
    return options;
}

}  // namespace shunt::stepper
