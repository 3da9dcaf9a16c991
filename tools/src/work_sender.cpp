// SPDX-License-Identifier: MIT
#include "work_sender.hpp"
#include "channel_view.hpp"
#include "command.hpp"
#include "stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace shunt::tools {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{16};

}  // namespace

WorkSender::WorkSender(const WorkSendRequest& request, std::unique_ptr<Source> source,
                       const Interrupts& interrupts)
    : request_{request},
      interrupts_{interrupts},
      port_{request.blocks, request.channel, request.options},
      placement_{port_.port().placement()},
      input_{input_of(std::move(source))},
      watch_{layout::Role::consumer, "receiver", request.patience, Clock::now()},
      pace_{request.rate} {
    (void)end_of_receivers();  // those of before are no news
}

WorkInput WorkSender::input_of(std::unique_ptr<Source> source) const {
    if (request_.lines) {
        return WorkInput::lines(std::move(source), port_.max_message(), interrupts_);
    }
    if (request_.size > port_.max_message()) {
        throw Failure(Exit::usage,
                      fmt::format("--size {} does not fit: the greatest message of channel '{}' "
                                  "has {} bytes; use a smaller --size, or a channel with a larger "
                                  "--max-message",
                                  request_.size, request_.channel, port_.max_message()));
    }
    return WorkInput::records(std::move(source), request_.size, interrupts_);
}

void WorkSender::run() {
    const Watched watched{interrupts_, port_.port()};
    tell_memory();
    while (send_one()) {
    }
    drain();
    tally_.end();
    progress_.clear();
}

void WorkSender::tell_memory() {
    const std::string line =
        slots_text(request_.channel, port_.capacity(), port_.max_message(), placement_);
    if (request_.tell_pages) {
        say(line);
    } else {
        progress_.note(line);
    }
}

bool WorkSender::send_one() {
    if (interrupts_.requested() || tally_.messages() == request_.count) {
        return false;
    }
    const auto wait = pace_.wait(Clock::now());
    if (wait.count() > 0 && !interrupts_.pause(wait)) {
        return false;
    }
    std::span<const std::byte> message;
    if (!input_.next(message)) {
        return false;
    }
    tally_.begin();
    if (!push(message)) {
        return false;
    }
    tally_.count(message.size());
    pace_.sent(message.size());
    show_progress();
    return true;
}

// False: interrupted.
bool WorkSender::push(std::span<const std::byte> message) {
    const std::uint32_t type = input_.is_lines() ? kLine : 0;
    while (!interrupts_.requested()) {
        const Status status = port_.push_until(message, watch_.next_look(Clock::now()), type);
        if (status) {
            return true;
        }
        attend(status);
    }
    return false;
}

// Until all of ours is released. A receiver that dies with one of ours in hand is found out here
// too: while it is asleep nobody else might ask.
void WorkSender::drain() {
    std::uint64_t slot = 0;
    milliseconds pause = kFirstPause;
    while (!interrupts_.requested()) {
        if (tally_.messages() == 0 ||
            !mpmc::held_through(port_.port().participant(), port_.position(), slot)) {
            drained_ = true;
            return;
        }
        (void)port_.recover();
        attend(end_of_receivers());
        interrupts_.pause(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

void WorkSender::attend(Status told) {
    look(told);
    if (watch_.expired(Clock::now())) {
        throw Failure(
            Exit::timed_out,
            fmt::format("{}, {} messages unread; what was sent stays in the channel: take it with "
                        "'shunt recv {}' as the same user with the same SHUNT_DIR",
                        watch_.absence(), count_text(port_.size_approx()), request_.channel));
    }
    show_progress();
}

void WorkSender::look(Status told) {
    if (const std::string news = watch_.update(told, port_.port().peers(), Clock::now());
        !news.empty()) {
        progress_.note(news);
    }
}

// How a receiver ended, if one did since the last call: of the last of them a port is told only
// where it has to wait.
Status WorkSender::end_of_receivers() {
    const layout::RoleEnds& ends =
        port_.port().participant().control().ends[static_cast<std::size_t>(layout::Role::consumer)];
    // relaxed: an end that is displayed; nothing is read on the strength of it
    const std::uint64_t died = ends.last_died.load(std::memory_order_relaxed);
    // relaxed: an end that is displayed; nothing is read on the strength of it
    const std::uint64_t closed = ends.last_closed.load(std::memory_order_relaxed);
    const bool dead = std::exchange(died_seen_, died) != died;
    const bool left = std::exchange(closed_seen_, closed) != closed;
    return dead ? Status::peer_dead : left ? Status::closed : Status::ok;
}

void WorkSender::show_progress() {
    if (!progress_.due()) {
        return;
    }
    look(Status::ok);  // a sender that keeps a rate may never have to wait
    std::string of;
    if (const auto total = input_.total(); total && *total != 0) {
        of = " of " + bytes_text(static_cast<double>(*total));
    }
    progress_.show(fmt::format("sent {} messages, {}{}, {}{}", count_text(tally_.messages()),
                               tally_.amount(), of, tally_.rate(),
                               watch_.present() ? "" : ", nobody receives"));
}

nlohmann::json WorkSender::result() const {
    nlohmann::json result = tally_.result();
    result["channel"] = request_.channel;
    result["kind"] = "mpmc";
    result["blocks"] = port_.blocks();
    result["complete"] = drained_;
    result["unread_messages"] = port_.size_approx();
    result["capacity_messages"] = port_.capacity();
    result["max_message"] = port_.max_message();
    result["placement"] = to_json(placement_);
    return result;
}

std::vector<perf::Warning> WorkSender::warnings() const {
    if (placement_.note.empty()) {
        return {};
    }
    return {{"base-pages", placement_.note}};
}

}  // namespace shunt::tools
