// SPDX-License-Identifier: MIT
//
// `for (const T& t : in)` over a consumer of fixed-size messages.
#pragma once

#include <shunt/core/status.hpp>

#include <iterator>

namespace shunt::channel {

/// Pops into a private copy, passing over gaps and over what was lost, where there is any; ends
/// when a producer (of many the last one) closes; waits for others when it dies (with
/// on_death::fail it ends then too). `kLosses`: in_->lost_some() is told of each loss, and may
/// throw.
template <class Consumer, class T, bool kLosses = false>
class EachMessage {
public:
    explicit EachMessage(Consumer* in) : in_{in} { ++*this; }
    const T& operator*() const noexcept { return message_; }
    EachMessage& operator++() noexcept(!kLosses) {
        Status status = in_->pop(message_);
        while (status == Status::gap || status == Status::lapped ||
               (status == Status::peer_dead && !in_->ends_at_death())) {
            if constexpr (kLosses) {
                if (status == Status::lapped) {
                    in_->lost_some();
                }
            }
            status = in_->pop(message_);
        }
        more_ = bool{status};
        return *this;
    }
    friend bool operator==(const EachMessage& i, std::default_sentinel_t) noexcept {
        return !i.more_;
    }

private:
    Consumer* in_;
    T message_{};
    bool more_ = false;
};

}  // namespace shunt::channel
