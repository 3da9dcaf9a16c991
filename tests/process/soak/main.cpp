// SPDX-License-Identifier: MIT
//
// soak: several channels at once, whose processes are killed, stopped and restarted at random until
// so many have died, and every message accounted for. docs/testing.md says what is asserted.
#include "process/soak/lane.hpp"
#include "process/support/fault.hpp"
#include "process/support/playground.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace shunt::process_test {
namespace {

constexpr const char* kHelp =
    "usage: soak [--kills N] [--minutes M] [--channels C] [--seed S] [--check-times]\n"
    "            [--json F]\n"
    "\n"
    "Lets C channels (default 4) live at once, of all kinds and options, and kills their\n"
    "processes at random moments, by timers of their own: while they work, between look and\n"
    "release, while they open, while they close. Some are stopped for a while. Successors go on;\n"
    "consumers note what they get before they release it; when a stream ends, every message is\n"
    "accounted for, and no entry, lock, file or descriptor may be left. Ends after N kills\n"
    "(default 1000) or M minutes.\n"
    "\n"
    "  --seed S       of the choices (drawn, and told); the kernel's own are not repeated\n"
    "  --check-times  fail too where less than 99 % of the witnesses knew in time: 10 ms parked\n"
    "                 on an active channel, 70 ms on an idle one, 5 ms spinning\n"
    "  --json F       writes one JSON document to F as well\n"
    "\n"
    "example: soak --kills 10000 --json soak.json\n"
    "exit: 0 nothing lost, doubled, left or hung; 1 not so; 2 usage; 5 not in time\n";

struct Settings {
    std::uint64_t kills = 1000;
    std::uint64_t minutes = 0;
    std::uint64_t channels = 4;
    std::uint64_t seed = 0;
    bool check_times = false;
    std::string json;
};

std::optional<Settings> settings_of(int argc, char** argv) {
    Settings settings;
    settings.seed = std::random_device{}() % 1'000'000;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name{argv[i]};
        if (name == "--check-times") {
            settings.check_times = true;
            continue;
        }
        if (++i == argc) {
            return std::nullopt;
        }
        const std::string_view text{argv[i]};
        std::uint64_t* const value = name == "--kills"      ? &settings.kills
                                     : name == "--minutes"  ? &settings.minutes
                                     : name == "--channels" ? &settings.channels
                                     : name == "--seed"     ? &settings.seed
                                                            : nullptr;
        if (name == "--json") {
            settings.json = text;
            continue;
        }
        if (value == nullptr) {
            return std::nullopt;
        }
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
        if (error != std::errc{} || end != text.data() + text.size()) {
            return std::nullopt;
        }
    }
    const bool sane = settings.channels >= 1 && settings.channels <= 64 && settings.kills != 0;
    return sane ? std::optional{settings} : std::nullopt;
}

// Runs the lanes: one step of each whenever the bell has rung.
class Director {
public:
    Director(const Settings& settings, bool may_be_huge) : random_{mixed(settings.seed)} {
        tally_.kills_left = settings.kills;
        wanted_ = settings.kills;
        if (settings.minutes != 0) {
            until_ = Clock::now() + std::chrono::minutes{settings.minutes};
        }
        for (std::uint64_t i = 0; i < settings.channels; ++i) {
            lanes_.push_back(std::make_unique<Lane>(i, settings.seed, may_be_huge, *bell_, tally_));
        }
    }

    /// Empty, or the first thing that is wrong.
    std::string play() {
        try {
            while (!over()) {
                round();
            }
        } catch (const std::exception& error) {
            return error.what() + ("\n" + describe());
        }
        return {};
    }
    [[nodiscard]] Tally& tally() noexcept { return tally_; }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kGlance{50};

    [[nodiscard]] bool over() const {
        return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& l) { return l->over(); });
    }
    void round() {
        const std::uint32_t heard = bell_->rings();
        const std::uint64_t kills = tally_.kills;
        bool moved = false;
        for (const auto& lane : lanes_) {
            moved = lane->step() || moved;
        }
        if (moved) {
            moved_ = Clock::now();
            stop_and_go(tally_.kills - kills);
            tell();
        } else if (bell_->rings() == heard) {
            bell_->wait_beyond(heard, kGlance);
            if (bell_->rings() == heard) {
                nothing_happens();
            }
        }
        if (until_ && Clock::now() > *until_) {
            tally_.kills_left = 0;
        }
    }
    // Now and then one is stopped, until some others have died.
    void stop_and_go(std::uint64_t kills) {
        if (stopped_ != nullptr) {
            go_on_after_ -= std::min(kills, go_on_after_);
            if (go_on_after_ == 0) {
                go_on();
            }
        } else if (kills != 0 && random_() % 32 == 0) {
            Lane& lane = *lanes_[random_() % lanes_.size()];
            lane.stop_one();
            if (lane.stopped()) {
                stopped_ = &lane;
                go_on_after_ = 1 + random_() % 8;
            }
        }
    }
    void go_on() {
        stopped_->go_on();
        stopped_ = nullptr;
    }
    void nothing_happens() {
        std::uint64_t progress = 0;
        for (const auto& lane : lanes_) {
            lane->look_after();
            progress += lane->progress();
        }
        if (std::exchange(progress_, progress) != progress) {
            moved_ = Clock::now();  // on a busy machine those that spin leave the others little
        }
        if (stopped_ != nullptr) {
            go_on();  // the others wait for it
        }
        expect(Clock::now() - moved_ < kPatience, "nothing has happened for 20 s: somebody hangs");
    }
    void tell() const {
        if (::isatty(STDERR_FILENO) != 0 && tally_.kills % 64 == 0) {
            std::fprintf(stderr, "\r%llu of %llu kills ",
                         static_cast<unsigned long long>(tally_.kills),
                         static_cast<unsigned long long>(wanted_));
        }
    }
    [[nodiscard]] std::string describe() const {
        std::string text;
        for (const auto& lane : lanes_) {
            text += lane->describe() + "\n";
        }
        return text;
    }

    Tally tally_;
    std::uint64_t wanted_;
    std::mt19937_64 random_;
    Shared<Bell> bell_;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::optional<Clock::time_point> until_;
    Clock::time_point moved_ = Clock::now();
    std::uint64_t progress_ = 0;  // of all messages, when it was last looked at
    Lane* stopped_ = nullptr;
    std::uint64_t go_on_after_ = 0;
};

unsigned long long shown(std::uint64_t value) {
    return value;
}

void print(const Tally& t) {
    std::printf(
        "%llu kills: %llu working, %llu between look and release, %llu opening, "
        "%llu closing; %llu stops\n",
        shown(t.kills), shown(t.at[1]), shown(t.at[2]), shown(t.at[3]), shown(t.at[4]),
        shown(t.stops));
    std::printf(
        "%llu streams, %llu messages: 0 lost, 0 unflagged twice, %llu redelivered and "
        "flagged, %llu in the hands of one that died\n",
        shown(t.streams), shown(t.sums.messages), shown(t.sums.redelivered),
        shown(t.sums.in_dead_hands));
    std::printf("%llu received and %llu lost by subscribers that may lose some, all counted\n",
                shown(t.sums.received), shown(t.sums.lost));
    print_times_head();
    for (const Times* row : {&t.to_release, &t.parked, &t.idle, &t.spinning}) {
        print(*row);
    }
    std::printf(
        "%llu deaths are not timed: a witness waited for a cpu by more than 1 ms, or was "
        "stopped\n",
        shown(t.disturbed));
}

std::string json_of(const Settings& settings, const Tally& t, const std::string& fault,
                    double seconds) {
    std::string text;
    const auto field = [&](const char* name, std::uint64_t value) {
        text += std::string{text.ends_with("{") ? "" : ","} + "\"" + name +
                "\":" + std::to_string(value);
    };
    text = "{\"schema\":\"shunt/soak/1\",\"args\":{";
    field("kills", settings.kills);
    field("minutes", settings.minutes);
    field("channels", settings.channels);
    field("seed", settings.seed);
    text += "},\"result\":{";
    field("kills", t.kills);
    field("working", t.at[1]);
    field("between_look_and_release", t.at[2]);
    field("opening", t.at[3]);
    field("closing", t.at[4]);
    field("got_away", t.got_away);
    field("stops", t.stops);
    field("streams", t.streams);
    field("collected", t.collected);
    field("messages", t.sums.messages);
    field("redelivered", t.sums.redelivered);
    field("in_dead_hands", t.sums.in_dead_hands);
    field("received_by_subscribers", t.sums.received);
    field("lost_by_subscribers", t.sums.lost);
    field("disturbed", t.disturbed);
    field("seconds", static_cast<std::uint64_t>(seconds));
    for (const Times* row : {&t.to_release, &t.parked, &t.idle, &t.spinning}) {
        text += json_of(*row);
    }
    return text + "},\"ok\":" + (fault.empty() ? "true" : "false") + "}\n";
}

int run(const Settings& settings) {
    const std::string& no_huge = own_huge_pages();
    std::fprintf(stderr, "seed %llu; 2 MiB pages: %s\n", shown(settings.seed),
                 no_huge.empty() ? "yes" : no_huge.c_str());
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t descriptors = open_descriptors(::getpid());
    Tally tally;
    std::string fault;
    {
        Director director{settings, no_huge.empty()};
        fault = director.play();
        tally = director.tally();
    }
    if (fault.empty() && open_descriptors(::getpid()) != descriptors) {
        fault = "the director has descriptors left";
    }
    if (fault.empty() && !slots_files().empty()) {
        fault = "left on hugetlbfs: " + slots_files().front();
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    for (Times* row : {&tally.to_release, &tally.parked, &tally.idle, &tally.spinning}) {
        row->sort();
    }
    if (!settings.json.empty()) {
        std::ofstream file{settings.json};
        file << json_of(settings, tally, fault, took.count());
        if (!file.flush()) {
            std::fprintf(stderr, "soak: cannot write %s\n", settings.json.c_str());
            return 1;
        }
    }
    if (!fault.empty()) {
        std::fprintf(stderr, "soak: %s\n", fault.c_str());
        std::printf("failed after %llu kills, seed %llu\n", shown(tally.kills),
                    shown(settings.seed));
        return 1;
    }
    print(tally);
    const bool in_time = tally.parked.met() && tally.idle.met() && tally.spinning.met();
    std::printf("clean after %llu kills in %.0f s%s\n", shown(tally.kills), took.count(),
                in_time ? "" : ", but not always in time");
    return settings.check_times && !in_time ? 5 : 0;
}

}  // namespace
}  // namespace shunt::process_test

int main(int argc, char** argv) {
    using namespace shunt::process_test;
    if (argc == 2 && std::string_view{argv[1]} == "--help") {
        std::fputs(kHelp, stdout);
        return 0;
    }
    const auto settings = settings_of(argc, argv);
    if (!settings) {
        std::fputs(kHelp, stderr);
        return 2;
    }
    try {
        return run(*settings);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soak: %s\n", error.what());
        return 1;
    }
}
