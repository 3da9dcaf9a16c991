// SPDX-License-Identifier: MIT
//
// An order book from one process to three. A publisher makes up quotes of eight symbols and sends
// each when its time has come, as a broadcast and as the latest value of its symbol. Three more
// processes take them, each as it needs them:
//
//   gated    every quote; the publisher waits for it, should it fall behind by the whole log
//   lossy    what it reads in time; it knows how many it did not get
//   latest   the newest quote of each symbol, from a channel of its own for each
//
// The quotes can be made up again, so each subscriber judges for itself whether what it got is what
// was sent. Latencies count from the time when a quote was to be sent: a publisher that is late is
// part of them.
//
//   ticks [SECONDS [QUOTES_PER_SECOND]]     3 and 20000 by default
#include <shunt/broadcast.hpp>
#include <shunt/latest.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

using shunt::Status;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

struct Quote {
    std::int64_t due_ns;   // when it was to be sent, of CLOCK_MONOTONIC
    std::uint64_t number;  // of all symbols' quotes, from 0
    std::uint32_t symbol;
    std::int32_t bid, ask;  // in cents
    std::uint32_t bid_size, ask_size;
};
SHUNT_TYPE(Quote, "md.Quote/1");

namespace {

constexpr const char* kQuotes = "md.quotes";
constexpr std::array<const char*, 8> kBooks = {"md.book.AMD",  "md.book.ARM", "md.book.IBM",
                                               "md.book.INTC", "md.book.MU",  "md.book.NVDA",
                                               "md.book.QCOM", "md.book.TXN"};
constexpr std::size_t kSymbols = kBooks.size();
constexpr int kSubscribers = 3;

std::int64_t now_ns() {
    return nanoseconds(steady_clock::now().time_since_epoch()).count();
}

// Makes quotes up: the same ones each time, but for their time.
class Market {
public:
    Market() { mid_.fill(10'000); }
    Quote next() {
        Quote quote{};
        quote.number = number_++;
        quote.symbol = random() % kSymbols;
        std::int32_t& mid = mid_[quote.symbol];
        mid = std::max(100, mid + static_cast<std::int32_t>(random() % 3) - 1);
        const auto half_spread = static_cast<std::int32_t>(1 + random() % 4);
        quote.bid = mid - half_spread;
        quote.ask = mid + half_spread;
        quote.bid_size = 100 * (1 + random() % 50);
        quote.ask_size = 100 * (1 + random() % 50);
        return quote;
    }

private:
    std::uint32_t random() {  // Knuth's MMIX constants; the high half
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>(state_ >> 32);
    }

    std::uint64_t state_ = 1;
    std::uint64_t number_ = 0;
    std::array<std::int32_t, kSymbols> mid_{};
};

bool same(const Quote& a, const Quote& b) {
    return a.number == b.number && a.symbol == b.symbol && a.bid == b.bid && a.ask == b.ask &&
           a.bid_size == b.bid_size && a.ask_size == b.ask_size;
}

// What a subscriber saw, and its line of the table.
class Account {
public:
    void received(const Quote& quote) { late_ns_.push_back(now_ns() - quote.due_ns); }
    [[nodiscard]] std::uint64_t count() const { return late_ns_.size(); }

    int tell(const char* who, std::uint64_t lost, bool right, const char* claim) {
        std::sort(late_ns_.begin(), late_ns_.end());
        std::printf("%-8s %10" PRIu64 " %10" PRIu64 "  %9.1f %9.1f %9.1f %9.1f   %s%s\n", who,
                    count(), lost, us(0.5), us(0.99), us(0.999), us(1), right ? "" : "NOT ", claim);
        std::fflush(stdout);
        return right ? 0 : 1;
    }

private:
    [[nodiscard]] double us(double quantile) const {
        if (late_ns_.empty()) {
            return 0;
        }
        const auto last = static_cast<double>(late_ns_.size() - 1);
        return static_cast<double>(late_ns_[static_cast<std::size_t>(quantile * last)]) / 1e3;
    }

    std::vector<std::int64_t> late_ns_;
};

// Where subscribers say that they are there: a byte each, in a pipe.
class Gathering {
public:
    Gathering() {
        if (pipe(ends_) != 0) {
            throw std::system_error(errno, std::generic_category(), "pipe");
        }
    }
    void here() {
        (void)!write(ends_[1], "", 1);
        close(ends_[1]);
    }
    // Waits for them. False: one has ended instead.
    bool all_are_here() {
        close(ends_[1]);
        int came = 0;
        for (char byte = 0; came < kSubscribers && read(ends_[0], &byte, 1) == 1;) {
            ++came;
        }
        return came == kSubscribers;
    }

private:
    int ends_[2];
};

int lost_its_publisher(const char* who, Status status) {
    std::fprintf(stderr, "ticks: %s: the publisher is gone: %s\n", who, to_string(status).data());
    return 1;
}

// All quotes, or those that it read in time.
int subscribe(const char* who, shunt::policy policy, std::uint64_t quotes, Gathering& gathering) {
    shunt::broadcast::Subscriber<Quote> in(kQuotes, {.policy = policy});
    gathering.here();
    Market market;
    Account account;
    bool right = true;
    Quote quote;
    Status status = in.pop(quote);
    for (; status == Status::ok || status == Status::lapped; status = in.pop(quote)) {
        if (status == Status::lapped) {
            continue;
        }
        account.received(quote);
        Quote wanted = market.next();
        while (wanted.number < in.position()) {  // those are lost
            wanted = market.next();
        }
        right = right && same(quote, wanted);
    }
    if (status != Status::closed) {
        return lost_its_publisher(who, status);
    }
    right = right && account.count() + in.lost() == quotes;
    return policy == shunt::policy::gated
               ? account.tell(who, in.lost(), right && in.lost() == 0, "every quote, in order")
               : account.tell(who, in.lost(), right, "all that it did not lose, in order");
}

// The newest quote of each symbol.
int follow(const char* who, std::uint64_t quotes, Gathering& gathering) {
    std::vector<shunt::latest::Reader<Quote>> books;
    books.reserve(kSymbols);
    for (const char* name : kBooks) {
        books.emplace_back(name);
    }
    gathering.here();
    std::vector<shunt::Waitable> open(books.begin(), books.end());
    std::array<Quote, kSymbols> newest{};
    Account account;
    for (std::size_t left = kSymbols; left > 0;) {
        const shunt::Ready ready = shunt::wait_any(open, shunt::channel::kNoDeadline);
        shunt::latest::Reader<Quote>& book = books[ready.index];
        if (ready.status == Status::ok) {
            if (book.load(newest[ready.index])) {
                account.received(newest[ready.index]);
            }
        } else if (const Status end = book.wait_changed(book.version()); end == Status::closed) {
            --left;
        } else if (!end) {
            return lost_its_publisher(who, end);
        }
    }
    Market market;
    std::array<std::uint64_t, kSymbols> sent{};
    std::array<Quote, kSymbols> last{};
    for (std::uint64_t i = 0; i < quotes; ++i) {
        const Quote quote = market.next();
        last[quote.symbol] = quote;
        ++sent[quote.symbol];
    }
    bool right = true;
    for (std::size_t i = 0; i < kSymbols; ++i) {
        right =
            right && books[i].version() == sent[i] && (sent[i] == 0 || same(newest[i], last[i]));
    }
    return account.tell(who, quotes - account.count(), right, "the newest quote of each symbol");
}

int publish(std::uint64_t quotes, std::uint64_t per_second, Gathering& gathering) {
    shunt::broadcast::Publisher<Quote> out(kQuotes);
    std::vector<shunt::latest::Writer<Quote>> books;
    books.reserve(kSymbols);
    for (const char* name : kBooks) {
        books.emplace_back(name);
    }
    if (!gathering.all_are_here()) {
        std::fputs("ticks: a subscriber did not start\n", stderr);
        return 1;
    }
    Market market;
    const auto begin = steady_clock::now();
    for (std::uint64_t i = 0; i < quotes; ++i) {
        const auto due = begin + nanoseconds(i * 1'000'000'000 / per_second);
        std::this_thread::sleep_until(due - std::chrono::microseconds(100));
        while (steady_clock::now() < due) {  // a timer would be some 50 us late
        }
        Quote quote = market.next();
        quote.due_ns = nanoseconds(due.time_since_epoch()).count();
        if (!out.publish(quote) || !books[quote.symbol].publish(quote)) {
            std::fputs("ticks: a channel is broken\n", stderr);
            return 1;
        }
    }
    return 0;
}

// One process; it does not return.
template <class Play>
void start(Play&& play) {
    const pid_t child = fork();
    if (child < 0) {
        std::perror("ticks: fork");
        std::exit(1);
    }
    if (child == 0) {
        int code = 1;
        try {
            code = play();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "ticks: %s\n", error.what());
        }
        std::_Exit(code);
    }
}

int run(std::uint64_t quotes, std::uint64_t per_second) {
    std::printf("%" PRIu64 " quotes of %zu symbols, %" PRIu64
                " a second; microseconds from when "
                "each was due\n\n%-8s %10s %10s  %9s %9s %9s %9s\n",
                quotes, kSymbols, per_second, "", "received", "lost", "p50", "p99", "p99.9", "max");
    std::fflush(stdout);
    Gathering gathering;
    start([&] { return subscribe("gated", shunt::policy::gated, quotes, gathering); });
    start([&] { return subscribe("lossy", shunt::policy::lossy, quotes, gathering); });
    start([&] { return follow("latest", quotes, gathering); });
    bool right = publish(quotes, per_second, gathering) == 0;
    for (int i = 0; i < kSubscribers; ++i) {
        int status = 0;
        right = wait(&status) > 0 && status == 0 && right;
    }
    std::puts(right ? "\nverdict: each got what it asked for" : "\nverdict: WRONG");
    return right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
    const double per_second = argc > 2 ? std::atof(argv[2]) : 20'000;
    if (argc > 3 || !(seconds > 0) || !(seconds * per_second >= 1) || !(per_second <= 1e7)) {
        std::fputs("usage: ticks [SECONDS [QUOTES_PER_SECOND]]\n", stderr);
        return 2;
    }
    try {
        return run(static_cast<std::uint64_t>(seconds * per_second),
                   static_cast<std::uint64_t>(per_second));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ticks: %s\n", error.what());
        return 1;
    }
}
