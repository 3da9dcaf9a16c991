// SPDX-License-Identifier: MIT
#include "value_receiver.hpp"
#include "await_channel.hpp"
#include "command.hpp"
#include "hex.hpp"
#include "quantity.hpp"
#include "stream.hpp"

#include <shunt/core/bytes.hpp>

#include <fmt/format.h>

namespace shunt::tools {

ValueReceiver::ValueReceiver(const ValueReceiveRequest& request, Sink& sink,
                             const Interrupts& interrupts)
    : request_{request},
      sink_{sink},
      interrupts_{interrupts},
      progress_{request.quiet},
      watch_{layout::Role::producer, "sender", request.patience, Clock::now()} {}

void ValueReceiver::run() {
    open();
    if (port_) {
        const Watched watched{interrupts_, *port_};
        receive();
    }
    tally_.end();
    progress_.clear();
    if (complete_) {
        sink_.begin();  // no value makes an empty file
    }
    sink_.finish();
}

void ValueReceiver::open() {
    Options options = request_.options;
    (void)await_channel(request_.channel, request_.patience, interrupts_, progress_,
                        [&](std::chrono::milliseconds left) {
                            options.open_timeout = left;
                            port_.emplace(request_.channel, options);
                        });
}

void ValueReceiver::receive() {
    copy_.resize(port_->max_message());
    complete_ = request_.count == 0;
    while (goes_on()) {
        Status status = port_->wait_changed(version_, watch_.next_look(Clock::now()));
        if (status) {
            status = take_newest();
        }
        if (!status) {
            attend(status);
        }
        show_progress();
    }
}

Status ValueReceiver::take_newest() {
    std::size_t size = 0;
    std::uint64_t version = 0;
    if (const Status status = port_->load(copy_, size, version); !status) {
        return status;
    }
    tally_.begin();
    skipped_ += version_ == 0 ? 0 : version - version_ - 1;
    version_ = version;
    written_ = write({std::span{copy_}.first(size), port_->type(), version});
    if (written_) {
        tally_.count(size);
    }
    complete_ = tally_.messages() >= request_.count;
    return Status::ok;
}

bool ValueReceiver::write(const ring::BytesView& view) {
    if (request_.hex) {
        text_ = fmt::format("version {}, {} bytes\n{}", view.position, view.payload.size(),
                            hex_dump(view.payload));
    } else if (view.type == kLine) {
        text_ = as_text(view.payload);
        text_ += '\n';
    } else {
        return sink_.write(view.payload);
    }
    return sink_.write(as_bytes(text_));
}

void ValueReceiver::attend(Status told) {
    if (told == Status::lapped) {
        return;  // the writer went around all buffers in each of eight copies: the next one
    }
    if (told == Status::broken) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' is broken: its version or a value is impossible; "
                                  "see 'shunt info {0}'",
                                  request_.channel));
    }
    if (told == Status::closed && version_ != 0) {
        complete_ = true;
        return;
    }
    const auto now = Clock::now();
    if (const std::string news = watch_.update(told, port_->peers(), now); !news.empty()) {
        progress_.note(news);
    }
    if (watch_.expired(now)) {
        throw Failure(Exit::timed_out, fmt::format("{}; {} values were received", watch_.absence(),
                                                   count_text(tally_.messages())));
    }
}

void ValueReceiver::show_progress() {
    if (progress_.due()) {
        progress_.show(fmt::format("received {} values, {} skipped{}",
                                   count_text(tally_.messages()), count_text(skipped_),
                                   watch_.present() || version_ != 0 ? "" : ", nobody sends"));
    }
}

std::string ValueReceiver::summary() const {
    return fmt::format("{}, {} skipped", tally_.summary(), count_text(skipped_));
}

nlohmann::json ValueReceiver::result() const {
    nlohmann::json result = tally_.result();
    result["channel"] = request_.channel;
    result["kind"] = "latest";
    result["complete"] = complete_;
    result["version"] = version_;
    result["skipped"] = skipped_;
    return result;
}

}  // namespace shunt::tools
