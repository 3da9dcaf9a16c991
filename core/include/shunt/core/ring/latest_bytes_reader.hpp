// SPDX-License-Identifier: MIT
//
// The reading side of a latest value of bytes, of any length up to a greatest; latest.hpp has the
// invariants. To a reader the length is input: it is bounded before it is used.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/latest_reader.hpp>
#include <shunt/core/ring/stage.hpp>
#include <shunt/core/status.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// A reader of byte values. `empty`, `lapped` as LatestReader. `broken`: the value has a length
/// that no writer stores, too.
template <class P = DefaultPolicy>
class LatestBytesReader : public NewestReader<0, P> {
    using Reader = NewestReader<0, P>;

public:
    /// `memory` of LogBytesShape::of(), for values of up to `max_message` bytes; never written.
    LatestBytesReader(std::byte* memory, const LogGeometry& geometry, std::uint64_t max_message,
                      const layout::PublisherWords& words, layout::SubscriberWords& own,
                      std::uint64_t start_pos) noexcept
        : Reader{{memory, geometry.capacity, geometry.slot_bytes}, words, own, start_pos},
          max_message_{max_message} {}

    /// Copies the newest value out; `size` is its length. `too_small`: `size` says what it takes.
    /// Where it is not ok, `to` may hold parts of several.
    [[nodiscard]] Status load(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = this->attempt([&]() noexcept {
            if (const Status measured = measure(); !measured) [[unlikely]] {
                return measured;
            }
            if (found_.length > to.size()) {
                return Status{Status::too_small};
            }
            // edge broadcast.overwrite acquire <- BroadcastBytesPublisher::try_push: by each word
            P::copy_out_ordered(to.data(), this->slots().slot(this->at()), found_.length);
            return this->whole();
        });
        if (status) [[likely]] {
            size = found_.length;
            type_ = found_.type;
            this->delivered();
        } else if (status == Status::too_small) {
            size = found_.length;
        }
        return status;
    }

    /// Shows the newest value in place, to be used only as still_valid() and release() say: the
    /// writer may come around to it at any time.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        const Status status = this->attempt([&]() noexcept { return measure(); });
        if (status) [[likely]] {
            this->show();
            view = {{stage_.template shown<P>(this->slots().slot(this->at()), found_.length),
                     found_.length},
                    found_.type,
                    this->at()};
        }
        return status;
    }

    /// Type of the value that load() delivered last.
    [[nodiscard]] std::uint32_t type() const noexcept { return type_; }
    /// Greatest value.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return max_message_; }

private:
    // ok: found_ is the header of the value of at().
    [[nodiscard]] Status measure() noexcept {
        // edge broadcast.overwrite acquire <- BroadcastBytesPublisher::finish: that of a later
        // value shows its stamp
        found_ = FrameHeader::of(
            P::load_peer(this->slots().header(this->at()), std::memory_order_acquire));
        if (const Status status = this->whole(); !status) [[unlikely]] {
            return status;
        }
        return found_.flags == 0 && found_.length <= max_message_ ? Status{Status::ok}
                                                                  : this->break_down();
    }

    std::uint64_t max_message_;
    FrameHeader found_{};  // of the value that was measured last
    std::uint32_t type_ = 0;
    Stage stage_;
};

}  // namespace shunt::ring
