// SPDX-License-Identifier: MIT
//
// Bugs of gates, each caught, and its schedule shows it again.
#include "model/broken.hpp"
#include "model/explore.hpp"
#include "model/gate_program.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

constexpr GateCase kJoins{.messages = 3};
constexpr GateCase kEvicts{.messages = 3, .evicts = true};

template <class P, template <class> class Kind = GateProgram>
void fails(const std::string& name, const GateCase& c, const std::string& with, int deaths = 0) {
    Kind<P> program{c};
    expect_fails("gate-" + name, program, {.deaths = deaths}, with);
}

// The publisher tells its limit, and looks at no gate behind it.
struct LooksOnceAtGates : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value, order);
        Explorer::now().scratch<bool>() = at(Place::gate_limit, &word);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        return at(Place::high, &word) && Explorer::now().scratch<bool>() ? Word{0} : value;
    }
};
TEST(SeededGate, NoSecondLook) {
    fails<LooksOnceAtGates>("one-look", kJoins, "a gate is lapped");
}

struct BelievesNoLimit : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        return at(Place::gate_limit, &word) ? Word{0} : value;
    }
};
TEST(SeededGate, AJoinerThatDoesNotLookAtTheLimit) {
    fails<BelievesNoLimit>("no-limit", kJoins, "a gate is lapped");
}

// A store to `kLate` leaves the store buffer behind the next load of `kThen`.
template <Place kLate, Place kThen>
struct LeavesBehindALoad : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if constexpr (sizeof(Word) == 8) {
            if (at(kLate, &word)) {
                finish();
                Explorer::now().scratch<Kept>() = {&word, value};
                return;
            }
        }
        ModelPolicy::store(word, value, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        if (at(kThen, &word)) {
            finish();
        }
        return value;
    }
};
TEST(SeededGate, TheGateBehindTheLookAtTheLimit) {
    fails<LeavesBehindALoad<Place::gate, Place::gate_limit>>("late-gate", kJoins,
                                                             "a gate is lapped");
}
TEST(SeededGate, TheLimitBehindTheSecondLook) {
    fails<LeavesBehindALoad<Place::gate_limit, Place::high>>("late-limit", kJoins,
                                                             "a gate is lapped");
}

struct RaisesHighLate : ModelPolicy {
    struct Kept {
        Position* word;
        std::uint64_t value;
    };
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        if (at(Place::high, &word)) {
            Explorer::now().scratch<Kept>() = {&word, desired};
            return true;
        }
        return ModelPolicy::compare_exchange(word, expected, desired, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(Place::gate_limit, &word) && kept.word != nullptr) {
            ModelPolicy::store(*kept.word, kept.value, std::memory_order_seq_cst);
            kept.word = nullptr;
        }
        return value;
    }
};
TEST(SeededGate, HighRaisedBehindTheLookAtTheLimit) {
    fails<RaisesHighLate>("late-high", kJoins, "a gate is lapped");
}

TEST(SeededGate, ALimitThatIsNotTold) {
    fails<Omits<Place::gate_limit>>("untold-limit", {.messages = 3, .before = 3},
                                    "a gate is lapped");
}
struct MovesNothing : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (!at(Place::cursor, &word) || !std::exchange(Explorer::now().scratch<bool>(), true)) {
            ModelPolicy::store(word, value, order);
        }
    }
};
TEST(SeededGate, ACursorThatIsNotMoved) {
    fails<MovesNothing>("still", {.messages = 3, .begin = ring::from::latest}, "waits");
}

struct PassesTooEarly : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        return at(Place::cursor, &word) && value != 0 ? value - 1 : value;
    }
};
TEST(SeededGate, AGateThatIsPassedOverTooEarly) {
    fails<PassesTooEarly>("passes", {.messages = 4}, "a gate is lapped");
}

// The publisher may overwrite what is still being read.
struct MovesBeforeItReads : ModelPolicy {
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        std::atomic<std::uint64_t>& cursor = Explorer::now().word_of(Place::cursor);
        const std::uint64_t now = cursor.load(std::memory_order_relaxed);
        ModelPolicy::store(cursor, now + 1, std::memory_order_seq_cst);
        ModelPolicy::copy_out_ordered(to, from, n);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        copy_out_ordered(to, from, N);
    }
};
TEST(SeededGate, ACursorThatIsMovedBeforeTheMessageIsRead) {
    fails<MovesBeforeItReads>("early-cursor", kJoins, "a gate is lapped");
}

// A successor that does not count what its predecessor had begun.
struct OverlooksTheBegun : ModelPolicy {
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load(word, order);
        return at(Place::stamp, &word) && value % 2 == 1 ? Word{0} : value;
    }
};
TEST(SeededGate, ASuccessorsLimitWithoutWhatWasBegun) {
    fails<OverlooksTheBegun>("begun", {.messages = 2}, "a gate is lapped", 1);
}

struct TellsLate : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if constexpr (sizeof(Word) == 8) {
            if (at(Place::evicted, &word)) {
                Explorer::now().scratch<Kept>() = {&word, value};
                return;
            }
        }
        ModelPolicy::store(word, value, order);
        if (at(Place::write_pos, &word)) {
            finish();
        }
    }
};
TEST(SeededGate, ATokenThatIsToldBehindTheMessage) {
    fails<TellsLate>("late-token", kEvicts, "a gate is lapped");
}
struct AnybodyIsEvicted : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        if (at(Place::gate, &word)) {
            Explorer::now().scratch<std::uint64_t>() = value;
        }
        return value;
    }
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load(word, order);
        return at(Place::evicted, &word) && value != 0
                   ? static_cast<Word>(Explorer::now().scratch<std::uint64_t>() >> 1)
                   : value;
    }
};
TEST(SeededGate, AnEvictionThatNamesNobody) {
    fails<AnybodyIsEvicted>("flag", {.messages = 4, .evicts = true, .rejoins = true},
                            "a gate is lapped");
}

struct ClosesAnyGate : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        if (at(Place::gate, &word)) {
            ModelPolicy::store(word, desired, std::memory_order_seq_cst);
            return true;
        }
        return ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};
TEST(SeededGate, ARecoveryThatNamesNobody) {
    fails<ClosesAnyGate>("no-token", {.messages = 3, .recovers = true}, "a gate is lapped", 1);
}

// Of one that has joined.
struct MovesBehindTheLookForASleeper : ModelPolicy {
    struct Seen {
        Position* word;
        std::uint64_t value;
        bool limit;
        bool joined;
    };
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Seen& seen = Explorer::now().scratch<Seen>();
        if constexpr (sizeof(Word) == 8) {
            if (at(Place::cursor, &word) && seen.joined) {
                seen.word = &word;
                seen.value = value;
                return;
            }
        }
        ModelPolicy::store(word, value, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        Seen& seen = Explorer::now().scratch<Seen>();
        const Word value = ModelPolicy::load_peer(word, order);
        seen.limit |= at(Place::gate_limit, &word);
        seen.joined |= seen.limit && at(Place::stamp, &word);
        if (at(Place::sleepers, &word) && seen.word != nullptr) {
            ModelPolicy::store(*seen.word, seen.value, std::memory_order_seq_cst);
            seen.word = nullptr;
        }
        return value;
    }
};
TEST(SeededGate, ACursorBehindTheLookForASleeper) {
    fails<MovesBehindTheLookForASleeper, GateSleepProgram>(
        "late-cursor", {.messages = 1, .reads = 1}, "sleeps for ever");
}
struct WakesNobody : GateSleepProgram<ModelPolicy> {
    using GateSleepProgram<ModelPolicy>::GateSleepProgram;
    void made_room() override {}
};
TEST(SeededGate, WhoMovesAGateWakesNobody) {
    WakesNobody program{kJoins};
    expect_fails("gate-wakes-nobody", program, {}, "sleeps for ever");
}

}  // namespace
}  // namespace shunt::model
