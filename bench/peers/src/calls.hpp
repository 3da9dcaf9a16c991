// SPDX-License-Identifier: MIT
//
// The third shape of a peer: the first side calls, and the second one's reply is part of the call.
// What is measured is the round trip, of a request and a reply of the same size.
//
//   void open(stage, memory), close()     by each side, before and after all of a run
//   void call(request, reply, size)       first side: returns with the reply
//   void serve(request, size)             second side: waits for the next request
//   void reply(bytes, size)               and answers that one
#pragma once

#include "bench/peers/src/link.hpp"

namespace shunt::peers {

template <class Way>
class RequestLink {
public:
    static constexpr bool kBatches = false;

    RequestLink(Way& way, const bench::Stage& stage, const bench::Task& task)
        : way_{way},
          first_{stage.first()},
          fields_{task.fields},
          sent_(task.size),
          got_(task.size) {}

    void prepare(std::uint64_t seq) noexcept {
        bench::write(sent_.data(), sent_.size(), seq, fields_);
    }
    bool try_send(std::uint64_t) {
        if (first_) {
            way_.call(sent_.data(), got_.data(), sent_.size());
        } else {
            way_.reply(sent_.data(), sent_.size());
        }
        return true;
    }
    bool try_receive(std::uint64_t& seq) {
        if (!first_) {
            way_.serve(got_.data(), got_.size());
        }
        seq = bench::read(got_.data(), got_.size());
        if (!first_ && seq == bench::kLast) {  // the loops answer no more, but the caller waits
            way_.reply(got_.data(), got_.size());
        }
        return true;
    }

private:
    Way& way_;
    bool first_;
    unsigned fields_;
    std::vector<std::byte> sent_;
    std::vector<std::byte> got_;
};

template <class Way>
[[nodiscard]] constexpr bench::Contender by_requests(std::string_view key) noexcept {
    return {key,
            check<Way>,
            [](const bench::Task&) { return Way::bytes(); },
            run_by<Way, RequestLink<Way>>,
            false,
            true};
}

}  // namespace shunt::peers
