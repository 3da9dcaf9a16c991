// SPDX-License-Identifier: MIT
#include "process/stepper/ends.hpp"
#include "process/support/latest_faces.hpp"

#include <shunt/broadcast.hpp>

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

std::uint64_t one_if(Status status) {
    return status ? 1 : 0;
}

template <class Port>
class PublishingOutlet : public Outlet {
public:
    explicit PublishingOutlet(const Options& options) : port_{kChannel, options} {}

    std::uint64_t next() const override { return port_.position() - place().header().start_pos; }
    std::uint64_t room() const override { return port_.capacity(); }
    void close() override { port_.close(); }
    const channel::Participant& place() const override { return port_.participant(); }

protected:
    Port port_;
};

template <class T, class Port>
class FixedPublisher final : public PublishingOutlet<Port> {
public:
    using PublishingOutlet<Port>::PublishingOutlet;

    Status push(std::uint64_t number) override {
        T message;
        fill(message, number);
        return this->port_.try_push(message);
    }
    Status push_until(std::uint64_t number, channel::Deadline deadline) override {
        T message;
        fill(message, number);
        return this->port_.publish_until(message, deadline);
    }
    void prepare(Act act, std::uint64_t number) override {
        for (std::uint64_t i = 0; i < kBatch; ++i) {
            fill(messages_[i], number + i);
        }
        if (act == Act::publish || act == Act::abandon) {
            fill(*this->port_.try_claim(), act == Act::publish ? number : ~number);
        }
    }
    std::uint64_t perform(Act act) override {
        switch (act) {
            case Act::push:
                return one_if(this->port_.try_push(messages_[0]));
            case Act::claim:
                static_cast<void>(this->port_.try_claim());
                return 0;
            case Act::publish:
                this->port_.publish();
                return 1;
            case Act::abandon:
                this->port_.abandon();
                return 0;
            case Act::push_n:
                return this->port_.try_push_n(messages_);
            default:
                no_such_act();
        }
    }

private:
    std::array<T, kBatch> messages_;
};

template <class Port>
class BytesPublisher final : public PublishingOutlet<Port> {
    using PublishingOutlet<Port>::port_;

public:
    using PublishingOutlet<Port>::PublishingOutlet;

    Status push(std::uint64_t number) override { return port_.try_push(made(number)); }
    Status push_until(std::uint64_t number, channel::Deadline deadline) override {
        return port_.publish_until(made(number), 0, deadline);
    }
    void prepare(Act act, std::uint64_t number) override {
        message_ = made(number);
        if (act == Act::publish || act == Act::abandon) {
            claim();
            fill(claimed_, number);
            claimed_.back() ^= std::byte{act == Act::abandon};
        }
    }
    std::uint64_t perform(Act act) override {
        switch (act) {
            case Act::push:
                return one_if(port_.try_push(message_));
            case Act::claim:
                claim();
                return 0;
            case Act::publish:
                port_.publish(message_.size());
                return 1;
            case Act::abandon:
                port_.abandon();
                return 0;
            default:
                no_such_act();
        }
    }

private:
    std::span<const std::byte> made(std::uint64_t number) {
        const std::span<std::byte> bytes{memory_.data(), length_of(number)};
        fill(bytes, number);
        return bytes;
    }
    void claim() { static_cast<void>(port_.try_claim(message_.size(), claimed_)); }

    std::array<std::byte, kLongest> memory_;
    std::span<const std::byte> message_;
    std::span<std::byte> claimed_;
};

template <class Port>
class SubscribingInlet : public Inlet {
public:
    explicit SubscribingInlet(const Options& options) : port_{kChannel, options} {}

    std::uint64_t next() const override {
        return port_.next_position() - place().header().start_pos;
    }
    std::uint64_t lost() const override { return port_.lost(); }
    void close() override { port_.close(); }
    const channel::Participant& place() const override { return port_.participant(); }

protected:
    Port port_;
    bool shows_ = false;
};

template <class T, class Port>
class FixedSubscriber final : public SubscribingInlet<Port> {
public:
    using SubscribingInlet<Port>::SubscribingInlet;

    Status pop(Message& message) override { return told(this->port_.try_pop(copies_[0]), message); }
    Status pop_until(Message& message, channel::Deadline deadline) override {
        return told(this->port_.pop_until(copies_[0], deadline), message);
    }
    void prepare(Act act) override {
        if (act == Act::release) {
            peek();
        }
    }
    std::uint64_t perform(Act act, const std::function<void(const Message&)>& seen) override {
        std::uint64_t done = 0;
        const auto see = [&](const T& one) { seen(of(one)); };
        switch (act) {
            case Act::pop:
                done = one_if(this->port_.try_pop(copies_[0]));
                break;
            case Act::pop_blocking:
                done = one_if(this->port_.pop_until(copies_[0], channel::kNoDeadline));
                break;
            case Act::pop_n:
                done = this->port_.try_pop_n(copies_);
                break;
            case Act::peek:
                peek();
                return 0;
            case Act::release:
                done = this->shows_ ? one_if(this->port_.release()) : 0;
                break;
            case Act::drain:
                return this->port_.drain(see, kBatch);
            default:
                no_such_act();
        }
        std::for_each_n(copies_.begin(), done, see);
        return done;
    }

private:
    // What is shown may be another message by and by: release() says.
    void peek() {
        const T* shown = nullptr;
        this->shows_ = bool{this->port_.try_peek(shown)};
        if (this->shows_) {
            copies_[0] = *shown;
        }
    }
    static Message of(const T& message) { return {message.number, intact(message)}; }
    Status told(Status status, Message& message) const {
        if (status) {
            message = of(copies_[0]);
        }
        return status;
    }

    std::array<T, kBatch> copies_;
};

template <class Port>
class BytesSubscriber final : public SubscribingInlet<Port> {
    using SubscribingInlet<Port>::port_;
    using SubscribingInlet<Port>::shows_;

public:
    using SubscribingInlet<Port>::SubscribingInlet;

    Status pop(Message& message) override { return told(port_.try_pop(memory_, size_), message); }
    Status pop_until(Message& message, channel::Deadline deadline) override {
        return told(port_.pop_until(memory_, size_, deadline), message);
    }
    void prepare(Act act) override {
        if (act == Act::release) {
            peek();
        }
    }
    std::uint64_t perform(Act act, const std::function<void(const Message&)>& seen) override {
        Status status = Status::empty;
        switch (act) {
            case Act::pop:
                status = port_.try_pop(memory_, size_);
                break;
            case Act::pop_blocking:
                status = port_.pop_until(memory_, size_, channel::kNoDeadline);
                break;
            case Act::peek:
                peek();
                return 0;
            case Act::release:
                status = shows_ ? port_.release() : Status{Status::empty};
                break;
            default:
                no_such_act();
        }
        if (status) {
            seen(copied());
        }
        return one_if(status);
    }

private:
    void peek() {
        broadcast::BytesView view;
        shows_ = bool{port_.try_peek(view)};
        if (shows_) {
            size_ = view.payload.size();
            std::copy(view.payload.begin(), view.payload.end(), memory_.begin());
        }
    }
    Message copied() const {
        const std::span<const std::byte> message{memory_.data(), size_};
        return {number_of(message), intact(message)};
    }
    Status told(Status status, Message& message) const {
        if (status) {
            message = copied();
        }
        return status;
    }

    std::array<std::byte, kLongest> memory_;
    std::size_t size_ = 0;
};

template <class End, template <class, class> class Fixed, template <class> class Bytes,
          template <class> class FixedPort, class BytesPort>
std::unique_ptr<End> opened(Ware ware, const Options& options) {
    switch (ware) {
        case Ware::small:
            return std::make_unique<Fixed<Small, FixedPort<Small>>>(options);
        case Ware::large:
            return std::make_unique<Fixed<Large, FixedPort<Large>>>(options);
        case Ware::bytes:
        case Ware::dense:
            break;
    }
    return std::make_unique<Bytes<BytesPort>>(options);
}

}  // namespace

std::unique_ptr<Outlet> open_publisher(Cast cast, const Options& options) {
    if (cast.through == Through::lanes) {
        return opened<Outlet, FixedPublisher, BytesPublisher, broadcast::LanePublisher,
                      broadcast::BytesLanePublisher>(cast.ware, options);
    }
    if (cast.through == Through::latest) {
        return opened<Outlet, FixedPublisher, BytesPublisher, process_test::LatestPublisher,
                      process_test::LatestBytesPublisher>(cast.ware, options);
    }
    return opened<Outlet, FixedPublisher, BytesPublisher, broadcast::Publisher,
                  broadcast::BytesPublisher>(cast.ware, options);
}

std::unique_ptr<Inlet> open_subscriber(Cast cast, const Options& options) {
    if (cast.through == Through::lanes) {
        return opened<Inlet, FixedSubscriber, BytesSubscriber, broadcast::LaneSubscriber,
                      broadcast::BytesLaneSubscriber>(cast.ware, options);
    }
    if (cast.through == Through::latest) {
        return opened<Inlet, FixedSubscriber, BytesSubscriber, process_test::LatestSubscriber,
                      process_test::LatestBytesSubscriber>(cast.ware, options);
    }
    return opened<Inlet, FixedSubscriber, BytesSubscriber, broadcast::Subscriber,
                  broadcast::BytesSubscriber>(cast.ware, options);
}

}  // namespace shunt::stepper
