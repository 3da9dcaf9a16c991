// SPDX-License-Identifier: MIT
//
// The explorer: runs a small program of two or three threads again and again until every
// interleaving of its shared accesses has been seen, sequentially consistent. A thread stops before
// each access and the explorer says who goes on; it may also say that a thread dies there, and its
// successor begins. Not a model of the code: the threads run the library's own headers, whose
// Policy reports the accesses (model_policy.hpp). Weak memory is not explored.
//
// How it is complete. A run follows a list of choices, and beyond its end takes the first of each.
// Then the last choice that has another is changed, and the program runs again from its start. A
// state that an earlier run has been in is not entered twice: a state is the shared memory, what
// the test remembers, and for every thread the values that it read since it last settled, on which
// alone depends what it does next. So each state is left in every possible way once. The number of
// schedules is counted over that graph; without `prune` each of them is run, and the numbers agree.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <ucontext.h>

namespace shunt::model {

/// What a word is, for whoever wants to treat it badly, and for the trace.
enum class Place {
    other,
    payload,
    stamp,
    frames,
    read_pos,
    peek_pos,
    free_pos,
    last_pos,
    handed_pos,
    token,
    slot_word,
    holder,
    write_hint,
    read_hint,
    epoch,
    registry,
    wake_seq,
    sleepers,
    write_pos,
    lost,
    gate_limit,
    gate,
    cursor,
    evicted,
    high
};
[[nodiscard]] std::string_view to_string(Place place);

/// A stretch of what the threads share, or of what the test remembers.
struct Region {
    std::span<std::byte> bytes;
    Place place = Place::other;
};

struct Access {
    const char* verb;
    const void* at;
};

/// What is explored. Its threads are numbered from 0; life 0 of a thread is the first, the next one
/// its successor. A thread that dies is left as it stands: what its body has on the stack is never
/// destroyed, so that holds no memory of its own.
class Program {
public:
    Program() = default;
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    virtual ~Program() = default;
    /// Lower-case letters, one a thread, for the schedule.
    [[nodiscard]] virtual std::string_view threads() const = 0;
    /// All that a state consists of, beside the threads themselves.
    [[nodiscard]] virtual std::vector<Region> regions() = 0;
    /// Puts every region back to the start.
    virtual void begin() = 0;
    virtual void run(int thread, int life) = 0;
    /// The thread died; true if a successor takes its place.
    virtual bool died(int /*thread*/) { return true; }
    /// True if every wait ends where somebody dies, as that of a sleeper which then asks who lives.
    [[nodiscard]] virtual bool deaths_end_waits() const { return false; }
    /// True if that sleep may end by its bound now.
    [[nodiscard]] virtual bool may_time_out(int /*thread*/) const { return false; }
    /// True if that thread, which sleeps or waits, has nothing to do any more: no other can move.
    [[nodiscard]] virtual bool may_rest(int /*thread*/) const { return false; }
    /// That thread makes an access now; it has written there. To assert what no end of a call can
    /// see.
    virtual void accesses(int /*thread*/) {}
    virtual void changed(int /*thread*/, const void* /*at*/) {}
    /// At the end of each run: what is wrong, or nothing.
    [[nodiscard]] virtual std::string finish() { return {}; }
};

struct Limits {
    int deaths = 0;
    int spurious = 0;      // wake-ups without a cause
    int preemptions = -1;  // of threads that could have gone on; below 0: any number
    bool prune = true;
};

struct Report {
    std::uint64_t runs = 0;
    std::uint64_t states = 0;
    double schedules = 0;  // that these runs stand for
    std::size_t longest = 0;
    std::string failure;
    std::string schedule;  // of the failed run
    std::vector<std::string> trace;
};

class Explorer {
public:
    Explorer(Program& program, Limits limits);
    Explorer(const Explorer&) = delete;
    Explorer& operator=(const Explorer&) = delete;
    ~Explorer();

    /// Runs everything, or until the first failure, which it runs once more for the trace.
    [[nodiscard]] Report explore();
    /// Runs one schedule; where it ends, the first choice is taken each time.
    [[nodiscard]] Report replay(std::string_view schedule);

    /// The one that runs now. The rest is for the program's threads.
    [[nodiscard]] static Explorer& now() noexcept { return *now_; }
    [[nodiscard]] int thread() const noexcept { return running_; }
    [[nodiscard]] Place place_of(const void* at) const noexcept;
    /// The first word of that place; there is one.
    [[nodiscard]] std::atomic<std::uint64_t>& word_of(Place place) const noexcept;

    /// Stops before an access.
    void before(Access access);
    /// What the access has read: a word, or something that nobody waits for; or what it has
    /// written.
    void loaded(std::uint64_t value) noexcept;
    void saw(std::uint64_t value) noexcept;
    void saw(std::span<const std::byte> bytes) noexcept;
    void wrote(std::uint64_t value);
    /// Between two operations: all that the thread goes by from here is in `local`, and where it is
    /// in `at`.
    void settle(std::span<const std::byte> local, std::uint64_t at) noexcept;
    /// Until the word is written that the thread loaded last. If nobody will do that, the program
    /// is stuck, which is a failure. `local` as above.
    void wait_for_change(std::span<const std::byte> local);
    /// Whoever waits for a change goes on.
    void end_waits() noexcept;
    /// As the kernel does it: sleeps, and wakes all of that word whose bits meet.
    void sleep_on(const void* word, std::uint32_t bits);
    unsigned wake(const void* word, std::uint32_t bits) noexcept;
    /// Ends the run; does not return.
    void fail(std::string why);
    /// Zero at the start of each life.
    template <class T>
    [[nodiscard]] T& scratch() noexcept;

private:
    enum class Activity : std::uint8_t { ready, waits, sleeps, done };
    enum class Deed : std::uint8_t { step, death, wake_up };
    struct Choice {
        Deed deed;
        std::uint8_t thread;
    };
    static constexpr std::size_t kMostThreads = 4;
    struct Choices {
        std::array<Choice, 3 * kMostThreads> of;
        std::size_t size = 0;
        void add(Deed deed, std::size_t thread) {
            of[size++] = {deed, static_cast<std::uint8_t>(thread)};
        }
    };
    struct Node {
        Choices choices;
        std::size_t taken;
        std::uint64_t state;
        double schedules;
    };
    struct Thread {
        Activity activity;
        bool begun;
        bool changed;  // the word that it loaded last was written since
        std::uint32_t bits;
        int life;
        std::uint64_t history;
        const void* word;    // that it sleeps on
        const void* loaded;  // last, since it settled
        alignas(16) std::array<std::byte, 512> scratch;
        std::unique_ptr<std::byte[]> stack;
        ucontext_t context;
    };

    static void enter();
    void start_over();
    void revive(std::size_t thread);
    void execute();
    bool decide(Choice& choice);
    void apply(Choice choice);
    void give_up_the_turn();
    [[nodiscard]] bool can_step(std::size_t thread) const noexcept;
    [[nodiscard]] Choices choices() const;
    [[nodiscard]] bool backtrack();
    [[nodiscard]] std::uint64_t state() const noexcept;
    void end_of_run();
    [[nodiscard]] std::string schedule() const;
    [[nodiscard]] bool follow(std::string_view schedule);
    void tell(const std::string& line);

    inline static Explorer* now_ = nullptr;

    Program* program_;
    Limits limits_;
    std::vector<Region> regions_;
    std::string keys_;
    std::array<Thread, kMostThreads> threads_{};
    ucontext_t main_{};
    int running_ = 0;
    std::vector<Choice> asked_;  // a replayed schedule
    std::vector<Node> path_;
    std::size_t depth_ = 0;
    std::unordered_map<std::uint64_t, double> seen_;
    double leaf_ = 1;  // schedules that the end of this run stands for
    Choice handed_{};
    bool has_handed_ = false;
    bool over_ = false;
    bool telling_ = false;
    int deaths_left_ = 0;
    int spurious_left_ = 0;
    int preempted_ = 0;
    Access access_{"knows", nullptr};
    Report report_;
};

template <class T>
T& Explorer::scratch() noexcept {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Thread::scratch));
    void* const at = threads_[static_cast<std::size_t>(running_)].scratch.data();
    return *static_cast<T*>(at);
}

}  // namespace shunt::model
