// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/shunt_bytes_links.hpp"

#include <shunt/spsc.hpp>

#include <span>
#include <vector>

namespace shunt::bench {

namespace {

using Ends = ShuntEnds<spsc::BytesProducer, spsc::BytesConsumer>;

// Several frames a push; the consumer drains, reading in place.
template <bool Parks>
class BatchLink {
public:
    static constexpr bool kBatches = true;

    BatchLink(Ends& ends, const Task& task)
        : ends_{ends},
          fields_{task.fields},
          size_{task.size},
          payload_(task.batch * task.size),
          received_(task.batch) {
        for (std::size_t i = 0; i < task.batch; ++i) {
            outgoing_.emplace_back(payload_.data() + i * size_, size_);
        }
    }
    void prepare(std::uint64_t seq, std::size_t n) noexcept {
        for (std::size_t i = 0; i < n; ++i) {
            write(payload_.data() + i * size_, size_, seq + i, fields_);
        }
    }
    std::size_t try_send(std::size_t sent, std::size_t n) {
        if constexpr (Parks) {
            (void)done(ends_.out->push(outgoing_[sent]), Status::full);
            ++sent;
            return 1 + ends_.out->try_push_n(std::span(outgoing_).subspan(sent, n - sent));
        } else {
            return ends_.out->try_push_n(std::span(outgoing_).subspan(sent, n - sent));
        }
    }
    std::size_t try_receive(std::size_t most) {
        std::size_t n = 0;
        ends_.in->drain(
            [&](const spsc::BytesView& view) {
                received_[n++] =
                    view.payload.size() == size_ ? read(view.payload.data(), size_) : kTorn;
            },
            most);
        if constexpr (Parks) {
            if (n == 0) {
                (void)done(ends_.in->wait(channel::kNoDeadline), Status::empty);
            }
        }
        return n;
    }
    [[nodiscard]] std::uint64_t accept(std::size_t i) const noexcept { return received_[i]; }

private:
    Ends& ends_;
    unsigned fields_;
    std::size_t size_;
    std::vector<std::byte> payload_;
    std::vector<std::span<const std::byte>> outgoing_;
    std::vector<std::uint64_t> received_;
};

template <class Link>
void run_bytes(Stage& stage) {
    Ends ends(stage);
    Link link(ends, stage.task());
    run_link(link, stage);
}

template <bool Parks>
void run_form(Stage& stage) {
    if (stage.task().batch > 1) {
        run_bytes<BatchLink<Parks>>(stage);
    } else if (stage.task().in_place) {
        run_bytes<BytesInPlaceLink<Ends, Parks>>(stage);
    } else {
        run_bytes<BytesPushLink<Ends, Parks>>(stage);
    }
}

}  // namespace

void run_shunt_bytes(Stage& stage) {
    if (waits_by_itself(stage.task())) {
        run_form<true>(stage);
    } else {
        run_form<false>(stage);
    }
}

}  // namespace shunt::bench
