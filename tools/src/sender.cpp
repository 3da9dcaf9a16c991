// SPDX-License-Identifier: MIT
#include "sender.hpp"
#include "channel_view.hpp"
#include "command.hpp"
#include "stream.hpp"
#include "stream_start.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

// Small enough that a slow rate still flows, some twenty messages a second.
std::uint64_t natural_chunk(Rate rate) {
    if (!rate.bytes) {
        return kChunkBytes;
    }
    return static_cast<std::uint64_t>(std::clamp(rate.per_second / 20, 1.0, double{kChunkBytes}));
}

}  // namespace

Sender::Sender(const SendRequest& request, std::unique_ptr<Source> source,
               const Interrupts& interrupts)
    : request_{request},
      source_{std::move(source)},
      interrupts_{interrupts},
      port_{request.kind, request.channel, request.options},
      placement_{port_->placement()},
      size_{request.size},
      watch_{layout::Role::consumer, "receiver", request.patience, Clock::now()},
      pace_{request.rate} {
    const std::uint64_t room = port_->max_message() - head();
    if (size_ > room) {
        throw Failure(Exit::usage,
                      fmt::format("--size {} does not fit: a message of this channel holds {} "
                                  "bytes, as its capacity is {}; use a smaller --size, or a "
                                  "channel with a larger --capacity",
                                  size_, room, exact_bytes_text(port_->capacity())));
    }
    if (size_ == 0) {
        size_ = std::min<std::uint64_t>(natural_chunk(request.rate), room);
    }
}

std::size_t Sender::head() const noexcept {
    return request_.raw ? 0 : kOffsetBytes;
}

void Sender::run() {
    const Watched watched{interrupts_, *port_};
    tell_memory();
    find_start();
    while (!end_sent_ && send_one()) {
    }
    if (!interrupts_.requested()) {
        send_end();
        drain();
    }
    ended_ = Clock::now();
    progress_.clear();
}

void Sender::tell_memory() {
    const std::string note = placement_.note.empty() ? "" : " (" + placement_.note + ")";
    const std::string line =
        fmt::format("channel '{}': {} in {}{}", request_.channel,
                    exact_bytes_text(port_->capacity()), placement_text(placement_), note);
    if (request_.tell_pages) {
        say(line);
    } else {
        progress_.note(line);
    }
}

void Sender::find_start() {
    ring::BytesView last;
    if (request_.kind == StreamKind::mpsc || !port_->last_published(last)) {
        return;  // what is in a lane of our own is an earlier sender's, and read
    }
    const StreamStart start = start_behind(last, request_.resume, request_.channel);
    end_sent_ = start.ended;
    offset_ = begin_ = start.offset;
    if (!request_.resume) {
        return;
    }
    progress_.note(fmt::format("going on at byte {}", begin_));
    if (!end_sent_) {
        (void)source_->seek(begin_);  // false: interrupted, which the loop finds
    }
}

bool Sender::send_one() {
    if (interrupts_.requested() || messages_ == request_.count) {
        return false;
    }
    const auto wait = pace_.wait(Clock::now());
    if (wait.count() > 0 && !interrupts_.pause(wait)) {
        return false;
    }
    std::span<std::byte> place;
    if (!claim(head() + size_, place)) {
        return false;
    }
    const std::size_t bytes = source_->read(place.subspan(head()));
    if (bytes == 0) {
        port_->abandon();
        return false;
    }
    if (!request_.raw) {
        put_offset(place, offset_);
    }
    publish(head() + bytes, request_.raw ? 0 : kPiece);
    offset_ += bytes;
    ++messages_;
    pace_.sent(bytes);
    show_progress();
    return true;
}

void Sender::send_end() {
    std::span<std::byte> place;
    if (request_.raw || end_sent_ || !claim(kOffsetBytes, place)) {
        return;
    }
    put_offset(place, offset_);
    publish(kOffsetBytes, kEnd);
    end_sent_ = true;
}

void Sender::publish(std::size_t bytes, std::uint32_t type) {
    if (begun_ == Clock::time_point{}) {
        begun_ = Clock::now();
    }
    port_->publish(bytes, type);
}

// False: interrupted.
bool Sender::claim(std::size_t bytes, std::span<std::byte>& place) {
    while (!interrupts_.requested()) {
        const Status status = port_->claim_until(bytes, place, watch_.next_look(Clock::now()));
        if (status) {
            return true;
        }
        attend(status);
    }
    return false;
}

void Sender::drain() {
    while (!interrupts_.requested() && !drained_) {
        const Status status = port_->wait_drained(watch_.next_look(Clock::now()));
        drained_ = bool{status};
        if (!drained_) {
            attend(status);
        }
    }
}

void Sender::attend(Status told) {
    if (told == Status::broken) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' is broken: its receiver's positions are "
                                  "impossible; see 'shunt info {0}'",
                                  request_.channel));
    }
    look(told);
    if (watch_.expired(Clock::now())) {
        throw Failure(
            Exit::timed_out,
            fmt::format("{}, {} unread; what was sent stays in the channel: take it with "
                        "'shunt recv {}' as the same user with the same SHUNT_DIR",
                        watch_.absence(), bytes_text(static_cast<double>(port_->size_approx())),
                        request_.channel));
    }
    show_progress();
}

void Sender::look(Status told) {
    if (const std::string news = watch_.update(told, port_->peers(), Clock::now()); !news.empty()) {
        progress_.note(news);
    }
}

void Sender::show_progress() {
    if (!progress_.due()) {
        return;
    }
    look(Status::ok);  // a sender that keeps a rate may never have to wait
    std::string of;
    if (const auto total = source_->total(); total && *total != 0) {
        const double share = static_cast<double>(offset_) / static_cast<double>(*total);
        of = fmt::format(" of {}, {:.0f} %", bytes_text(static_cast<double>(*total)), 100 * share);
    }
    const double bytes = static_cast<double>(offset_ - begin_);
    progress_.show(fmt::format("sent {}{}, {}/s{}", bytes_text(static_cast<double>(offset_)), of,
                               bytes_text(bytes / std::max(elapsed_s(), 1e-9)),
                               watch_.present() ? "" : ", nobody receives"));
}

double Sender::elapsed_s() const {
    if (begun_ == Clock::time_point{}) {
        return 0;
    }
    return Seconds{(ended_ == Clock::time_point{} ? Clock::now() : ended_) - begun_}.count();
}

std::string Sender::summary() const {
    const double bytes = static_cast<double>(offset_ - begin_);
    return fmt::format("{} in {} messages, {}, {}/s", bytes_text(bytes), count_text(messages_),
                       seconds_text(elapsed_s()), bytes_text(bytes / std::max(elapsed_s(), 1e-9)));
}

nlohmann::json Sender::result() const {
    const double seconds = elapsed_s();
    const auto rate = [seconds](std::uint64_t amount) {
        return seconds > 0 ? nlohmann::json(static_cast<double>(amount) / seconds)
                           : nlohmann::json(nullptr);
    };
    return {{"channel", request_.channel},
            {"bytes", offset_ - begin_},
            {"messages", messages_},
            {"begin", begin_},
            {"end", offset_},
            {"end_sent", end_sent_},
            {"complete", drained_},
            {"elapsed_ns", static_cast<std::uint64_t>(seconds * 1e9)},
            {"bytes_per_s", rate(offset_ - begin_)},
            {"msgs_per_s", rate(messages_)},
            {"unread_bytes", port_->size_approx()},
            {"capacity_bytes", port_->capacity()},
            {"placement", to_json(placement_)}};
}

std::vector<perf::Warning> Sender::warnings() const {
    if (placement_.note.empty()) {
        return {};
    }
    return {{"base-pages", placement_.note}};
}

}  // namespace shunt::tools
