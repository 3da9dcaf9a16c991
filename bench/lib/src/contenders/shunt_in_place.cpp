// SPDX-License-Identifier: MIT
//
// The spsc ports, one message a call, in place.
#include "bench/lib/src/contenders/shunt_typed.hpp"

namespace shunt::bench {

namespace {

// The payload is written into the ring and read from it.
template <std::size_t N, bool Parks>
class InPlaceLink {
public:
    static constexpr bool kBatches = false;

    InPlaceLink(Ends<N>& ends, const Task& task) noexcept : ends_{ends}, fields_{task.fields} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) {
        Message<N>* const place = ends_.out->try_claim();
        if (place == nullptr) [[unlikely]] {
            return wait_for_room();
        }
        if (fields_ == 0) {
            write(*place, seq);
        } else {
            write(bytes_of(*place), N, seq, fields_);
        }
        ends_.out->publish();
        return true;
    }
    bool try_receive(std::uint64_t& seq) {
        const Message<N>* const message = ends_.in->try_peek();
        if (message == nullptr) {
            if constexpr (Parks) {
                (void)done(ends_.in->wait(channel::kNoDeadline), Status::empty);
            }
            return false;
        }
        seq = read(*message);
        ends_.in->release();
        return true;
    }

private:
    bool wait_for_room() {
        if constexpr (Parks) {
            (void)done(ends_.out->wait(channel::kNoDeadline), Status::full);
        }
        return false;
    }

    Ends<N>& ends_;
    unsigned fields_;
};

}  // namespace

void run_shunt_in_place(Stage& stage) {
    with_size_and_wait(stage.task(), [&]<std::size_t N, bool Parks>() {
        run_typed<N, InPlaceLink<N, Parks>>(stage);
    });
}

}  // namespace shunt::bench
