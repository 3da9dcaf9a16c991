// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "hex.hpp"
#include "quantity.hpp"
#include "receiver.hpp"
#include "stream.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/core/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

namespace shunt::tools {

Receiver::Receiver(const ReceiveRequest& request, Sink& sink, const Interrupts& interrupts)
    : request_{request},
      sink_{sink},
      interrupts_{interrupts},
      progress_{request.quiet},
      watch_{layout::Role::producer, "sender", request.patience, Clock::now()} {}

void Receiver::run() {
    open();
    if (port_) {
        const Watched watched{interrupts_, *port_};
        receive();
    }
    ended_ = Clock::now();
    progress_.clear();
    sink_.finish();
}

// Waits for the name by itself, so that a request ends the wait.
void Receiver::open() {
    channel::check_name(request_.channel);
    const std::string directory = channel::directory_path();
    const std::string path = directory + "/" + channel::channel_file(request_.channel);
    const auto deadline = Clock::now() + request_.patience.for_first;
    Options options = request_.options;
    for (;;) {
        struct stat status {};
        const bool missing = ::lstat(path.c_str(), &status) != 0 && errno == ENOENT;
        if (!missing) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
            options.open_timeout = std::max(left, std::chrono::milliseconds{1});
            try {
                port_.emplace(request_.channel, options);
                return;
            } catch (const Error& error) {
                if (error.code() != Errc::not_found) {
                    throw;
                }
            }
        }
        if (Clock::now() >= deadline) {
            throw Failure(Exit::not_found,
                          fmt::format("there is no channel '{}' in '{}', and none came within "
                                      "{:g} s; start its sender as the same user with the same "
                                      "SHUNT_DIR",
                                      request_.channel, directory,
                                      request_.patience.for_first.count()));
        }
        if (!interrupts_.pause(std::chrono::milliseconds{10})) {
            return;
        }
        if (progress_.due()) {
            progress_.show(fmt::format("waiting for channel '{}'", request_.channel));
        }
    }
}

bool Receiver::goes_on() const noexcept {
    return written_ && !complete_ && !interrupts_.requested();
}

void Receiver::receive() {
    complete_ = request_.count == 0;
    while (goes_on()) {
        ring::BytesView view;
        const Status status = port_->peek_until(view, watch_.next_look(Clock::now()));
        if (!status) {
            attend(status);
            continue;
        }
        if (begun_ == Clock::time_point{}) {
            begun_ = Clock::now();
        }
        redelivered_ += port_->redelivered() ? 1u : 0u;
        take(view);
        if (written_) {
            port_->release();
        }
        show_progress();
    }
}

void Receiver::take(const ring::BytesView& view) {
    if (view.type != kPiece && view.type != kEnd) {
        be(Mode::raw);
        write(view.payload, "");
        if (port_->redelivered() && written_) {
            warn("redelivered", "a receiver died before this one: its last messages, which had no "
                                "stream offsets, may have been written twice");
        }
        return;
    }
    be(Mode::stream);
    const auto number = offset_of(view.payload);
    if (!number) {
        fail_integrity("holds a piece without a stream offset; its sender is not 'shunt send'");
    }
    if (view.type == kEnd) {
        take_end(*number);
    } else {
        take_piece(*number, view.payload.subspan(kOffsetBytes));
    }
}

void Receiver::be(Mode mode) {
    if (mode_ != Mode::unknown && mode_ != mode) {
        fail_integrity("mixes messages with stream offsets and raw ones: two senders wrote to it");
    }
    mode_ = mode;
}

void Receiver::start_at(std::uint64_t offset) {
    started_ = true;
    if (request_.append) {
        next_ = sink_.length();
        return;
    }
    if (sink_.is_file() && offset != 0) {
        fail_integrity(fmt::format("goes on at byte {} of its stream, an earlier receiver took "
                                   "what is before it; add --append to go on with that receiver's "
                                   "file",
                                   offset));
    }
    next_ = offset;
    if (offset != 0) {
        warn("begins-late", fmt::format("the output begins at byte {} of the stream: an earlier "
                                        "receiver took what is before it",
                                        offset));
    }
}

void Receiver::take_piece(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (!started_) {
        start_at(offset);
    }
    if (offset > next_) {
        fail_integrity(fmt::format("goes on at byte {}, but {} ends at byte {}: {} bytes are "
                                   "missing; use the file that the last receiver wrote",
                                   offset, sink_.name(), next_, offset - next_));
    }
    if (written_any_ && offset != next_) {
        fail_integrity(fmt::format("starts again at byte {} where {} was due: its sender was "
                                   "restarted without --resume",
                                   offset, next_));
    }
    const std::uint64_t known = std::min<std::uint64_t>(next_ - offset, bytes.size());
    dropped_bytes_ += known;
    if (known == bytes.size()) {
        return;
    }
    bytes = bytes.subspan(known);
    write(bytes, fmt::format(" of the stream at byte {}", next_));
    if (written_) {
        begin_ = begin_.value_or(next_);
        next_ += bytes.size();
        written_any_ = true;
    }
}

void Receiver::take_end(std::uint64_t total) {
    if (!started_) {
        start_at(total);
    }
    if (total != next_) {
        fail_integrity(fmt::format("holds the end of a stream of {} bytes, but {} has {}", total,
                                   sink_.name(), next_));
    }
    sink_.begin();   // an empty stream makes an empty file
    sink_.finish();  // before the release: the sender leaves when this is released
    total_ = total;
    complete_ = true;
}

void Receiver::write(std::span<const std::byte> bytes, std::string_view where) {
    if (request_.hex) {
        const std::string text = fmt::format("message {}, {} bytes{}\n{}", messages_ + 1,
                                             bytes.size(), where, hex_dump(bytes));
        written_ = sink_.write(as_bytes(text));
    } else {
        written_ = sink_.write(bytes);
    }
    if (written_) {
        bytes_ += bytes.size();
        ++messages_;
        complete_ = messages_ == request_.count;
    }
}

void Receiver::attend(Status told) {
    if (told == Status::broken) {
        fail_integrity(fmt::format("is broken: its sender's positions are impossible; see 'shunt "
                                   "info {}'",
                                   request_.channel));
    }
    if (told == Status::closed && mode_ == Mode::raw) {
        complete_ = true;  // there is no other end of a raw stream
        return;
    }
    const auto now = Clock::now();
    if (const std::string news = watch_.update(told, port_->peers(), now); !news.empty()) {
        progress_.note(news);
    }
    if (watch_.expired(now)) {
        const std::string at = mode_ == Mode::stream
                                   ? fmt::format("the stream is unfinished at byte {}", next_)
                                   : fmt::format("{} messages were received", messages_);
        throw Failure(Exit::timed_out,
                      fmt::format("{}; {}", watch_.absence(), at));
    }
    show_progress();
}

void Receiver::warn(const std::string& id, const std::string& text) {
    const bool told = std::any_of(warnings_.begin(), warnings_.end(),
                                  [&](const perf::Warning& each) { return each.id == id; });
    if (!told) {
        progress_.clear();
        say("shunt recv: warning: " + text);
        warnings_.push_back({id, text});
    }
}

void Receiver::fail_integrity(const std::string& text) const {
    throw Failure(Exit::integrity, fmt::format("channel '{}' {}", request_.channel, text));
}

void Receiver::show_progress() {
    if (progress_.due()) {
        const double bytes = static_cast<double>(bytes_);
        progress_.show(fmt::format("received {}, {}/s{}", bytes_text(bytes),
                                   bytes_text(bytes / std::max(elapsed_s(), 1e-9)),
                                   watch_.present() || bytes_ != 0 ? "" : ", nobody sends"));
    }
}

double Receiver::elapsed_s() const {
    if (begun_ == Clock::time_point{}) {
        return 0;
    }
    return Seconds{(ended_ == Clock::time_point{} ? Clock::now() : ended_) - begun_}.count();
}

std::string Receiver::summary() const {
    const double bytes = static_cast<double>(bytes_);
    return fmt::format("{} in {} messages, {}, {}/s", bytes_text(bytes), count_text(messages_),
                       seconds_text(elapsed_s()),
                       bytes_text(bytes / std::max(elapsed_s(), 1e-9)));
}

nlohmann::json Receiver::result() const {
    const double seconds = elapsed_s();
    const auto rate = [seconds](std::uint64_t amount) {
        return seconds > 0 ? nlohmann::json(static_cast<double>(amount) / seconds)
                           : nlohmann::json(nullptr);
    };
    const auto known = [](const std::optional<std::uint64_t>& value) {
        return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    };
    return {{"channel", request_.channel},
            {"bytes", bytes_},
            {"messages", messages_},
            {"raw", mode_ == Mode::raw},
            {"begin", known(begin_)},
            {"end", mode_ == Mode::stream ? nlohmann::json(next_) : nlohmann::json(nullptr)},
            {"total", known(total_)},
            {"complete", complete_},
            {"dropped_bytes", dropped_bytes_},
            {"redelivered", redelivered_},
            {"elapsed_ns", static_cast<std::uint64_t>(seconds * 1e9)},
            {"bytes_per_s", rate(bytes_)},
            {"msgs_per_s", rate(messages_)}};
}

}  // namespace shunt::tools
