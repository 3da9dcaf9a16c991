// SPDX-License-Identifier: MIT
//
// Publishers that come and go in lanes, a broadcast log each, and subscribers that merge them, as
// the explorer runs them: one that may lose messages, one that is waited for. Each publisher stays
// for some messages and leaves, again and again; of those that die successors go on.
//
// Asserted, of each subscriber: in each lane messages come in order, whole, and each is said to be
// of the publisher that published it, however late it is read (M3); received + lost = published in
// each lane, and a loss is told before another message of its lane (M1, M2); a gate loses nothing;
// what is in hand stays what it is; the merge finds what is there. A publisher goes on exactly
// behind what could be read in its lane. In the end everybody has read to the end of each lane.
#pragma once

#include "model/broadcast_rig.hpp"
#include "model/lane_seats.hpp"
#include "model/lanes_inside.hpp"
#include "model/line_program.hpp"
#include "model/model_policy.hpp"

#include <shunt/core/ring/broadcast_lanes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace shunt::model {

enum class Readers { lossy, gated, both };

struct LogLanesCase {
    std::uint32_t lanes = 2;
    int publishers = 2;
    Readers readers = Readers::lossy;
    std::uint64_t messages = 2;  // of each stay
    std::uint64_t stays = 1;     // of each publisher
    bool in_place = false;       // subscribers peek and release
};

struct LogLanesAccount : SeatAccount {
    static constexpr std::size_t kMessages = 16;
    static constexpr std::size_t kPositions = 16;
    struct Reading {
        std::array<std::uint8_t, kMostLanes> next;
        std::uint8_t lost;
        std::uint8_t missed;  // looks in a row that found nothing though something was there
    };
    std::array<std::uint8_t, kMessages> begun;                        // a push of it has begun
    std::array<std::uint8_t, kMessages> owner;                        // token of who pushed it
    std::array<std::array<std::uint8_t, kPositions>, kMostLanes> at;  // message + 1
    std::array<std::uint8_t, kMostLanes> acked;                       // of each lane, up to here
    std::array<std::uint8_t, kMostLanes> pushing;                     // one more may be there
    std::array<std::uint8_t, 2> next;  // of each publisher, its next message
    std::array<Reading, 2> readings;
};

template <class P, class Turns = TurnsOf<1>>
class LogLanesProgram : public LaneSeats<P, LogLanesAccount> {
    using Seats = LaneSeats<P, LogLanesAccount>;

public:
    using Log = TypedLog<P>;
    using Publisher = typename Log::Publisher;
    using Subscriber = ring::LaneSubscriber<Torn, P, Turns>;
    static constexpr std::uint64_t kSlots = 2;

    explicit LogLanesProgram(const LogLanesCase& c)
        : Seats{std::string{"pq"}.substr(0, static_cast<std::size_t>(c.publishers)) +
                    (c.readers == Readers::both ? "sg" : "s"),
                c.lanes, static_cast<std::size_t>(c.publishers)},
          case_{c} {
        for (std::uint32_t lane = 0; lane < c.lanes; ++lane) {
            logs_.emplace_back(kSlots, std::uint64_t{0});
        }
        using Alike = ring::LaneReader<ring::BroadcastSubscriber<Torn>>;
        static_assert(sizeof(Alike) ==
                      sizeof(ring::LaneReader<ring::BroadcastSubscriber<Torn, P>>));
        test::BroadcastRig<Torn> rig{kSlots};
        values_ = values_of<Alike>([&] { return Alike{rig.subscriber()}; });
    }
    ~LogLanesProgram() override { discard(); }

    std::vector<Region> regions() override {
        std::vector<Region> all = Seats::regions();
        for (Log& log : logs_) {
            add_log(all, log, readers());
        }
        for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
            layout::LaneHolders& words = holders_[lane];
            all.push_back({{Seats::bytes_at(&words.joined), 8}, Place::token});
            all.push_back({{Seats::bytes_at(&words.holders), sizeof words.holders}, Place::token});
        }
        return all;
    }
    void begin() override {
        for (const Region& region : regions()) {
            std::memset(region.bytes.data(), 0, region.bytes.size());
        }
        discard();
    }
    void run(int thread, int) override {
        const auto me = static_cast<std::size_t>(thread);
        thread < case_.publishers ? publish(me) : subscribe(me);
    }
    bool deaths_end_waits() const override { return true; }
    bool may_rest(int thread) const override { return thread >= case_.publishers; }
    std::string finish() override {
        for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
            const std::uint64_t told = logs_[lane].write_pos();
            const bool one_more = logs_[lane].stamped(told) == ring::stamp_readable(told);
            for (std::size_t i = 0; i < readers(); ++i) {
                if (account().readings[i].next[lane] != told + (one_more ? 1 : 0)) {
                    return "a subscriber has not read to the end of a lane";
                }
            }
            if (!logs_[lane].guards_whole()) {
                return "written outside of the log";
            }
        }
        return {};
    }

protected:
    using Seats::account;
    using Seats::expect;

    // Hooks of those with a bug.
    virtual void take(std::uint32_t lane, std::uint64_t token, std::uint64_t from) {
        ring::take_lane<P>(holders_[lane], token, from);
    }
    virtual bool takes_first() const { return true; }
    virtual std::uint32_t words_of(std::uint32_t lane) const { return lane; }
    virtual void looked(Subscriber&) {}   // behind each look of a subscriber
    virtual void in_hand(Subscriber&) {}  // behind each peek

    layout::LaneHolders& holders(std::uint32_t lane) { return holders_[lane]; }

private:
    std::size_t readers() const { return case_.readers == Readers::both ? 2 : 1; }
    bool is_gated(std::size_t i) const {
        return case_.readers == Readers::gated || (case_.readers == Readers::both && i == 1);
    }
    std::uint64_t each_sends() const { return case_.stays * case_.messages; }
    std::size_t number(std::size_t me) { return me * each_sends() + account().next[me]; }
    void discard() {
        for (Left<Subscriber>& each : subscribers_) {
            each.discard();
        }
    }

    void publish(std::size_t me) {
        std::uint8_t& next = account().next[me];
        // A push of one that died is not repeated: nobody can know whether it came about.
        if (next < each_sends() && account().begun[number(me)] != 0) {
            ++next;
        }
        while (next < each_sends()) {
            const std::uint64_t token = account().token[me] = ++account().tokens;
            Explorer::now().saw(token);
            const std::uint32_t lane = this->join(me, token);
            stay(me, lane, token);
            this->leave(lane);
            this->tell_everybody();
        }
    }
    void stay(std::size_t me, std::uint32_t lane, std::uint64_t token) {
        Log& log = logs_[lane];
        Settled<Publisher> out{[&] { return log.publisher(log.gates()); }};
        const std::uint64_t at = out->position();
        expect(!out->broken(), "a publisher finds its lane broken");
        expect(at >= account().acked[lane], "a position is used again");
        expect(at <= account().acked[lane] + account().pushing[lane], "a position is passed over");
        account().acked[lane] = static_cast<std::uint8_t>(at);
        account().pushing[lane] = 0;
        if (takes_first()) {
            take(lane, token, at);
        }
        std::uint8_t& next = account().next[me];
        for (bool more = true; more;) {
            out.settle(Seats::seated(token, lane));
            const std::size_t m = number(me);
            account().begun[m] = 1;
            account().owner[m] = static_cast<std::uint8_t>(token);
            account().at[lane][out->position()] = static_cast<std::uint8_t>(m + 1);
            account().pushing[lane] = 1;
            const bool pushed =
                bool{out->template try_push<std::memory_order_seq_cst>(test::message<Torn>(m))};
            account().pushing[lane] = 0;
            expect(!out->broken(), "a publisher finds its lane broken");
            if (!pushed) {
                out.wait_for_change();
                continue;
            }
            ++account().acked[lane];
            expect(out->position() == account().acked[lane], "two publishers have one lane");
            more = ++next % case_.messages != 0;
            for (std::size_t i = 0; i < readers(); ++i) {
                this->tell(static_cast<std::size_t>(case_.publishers) + i);
            }
        }
        if (!takes_first()) {
            take(lane, token, at);
        }
    }

    void subscribe(std::size_t me) {
        const std::size_t i = me - static_cast<std::size_t>(case_.publishers);
        recover_gates(i, account().token[me]);
        const std::uint64_t token = account().token[me] = ++account().tokens;
        Explorer::now().saw(token);
        Left<Subscriber>& in = subscribers_[i];
        in.make([&] {
            return Subscriber{case_.lanes,
                              [&](std::uint32_t lane) { return reader_of(lane, i, token); }};
        });
        auto& reading = account().readings[i];
        reading = {};
        for (std::uint32_t lane = 0; lane < case_.lanes; ++lane) {
            reading.next[lane] = static_cast<std::uint8_t>(in->merge().ring(lane).next_position());
        }
        for (;;) {
            account().news[me] = 0;
            Written all;
            Turns::write_down(in->merge(), values_, all);
            Explorer::now().settle(all.bytes(), 2);
            read(*in.operator->(), i, me);
        }
    }
    // Of a predecessor in the seat, as the registry does it.
    void recover_gates(std::size_t i, std::uint64_t token) {
        for (std::uint32_t lane = 0; token != 0 && lane < case_.lanes; ++lane) {
            ring::close_gate<P>(*logs_[lane].own[i], token);
        }
    }
    auto reader_of(std::uint32_t lane, std::size_t i, std::uint64_t token) {
        Log& log = logs_[lane];
        return ring::BroadcastSubscriber<Torn, P>{
            log.slots.data(),
            log.capacity(),
            *log.words,
            *logs_[words_of(lane)].own[i],
            0,
            ring::from::oldest,
            ring::resume::oldest,
            is_gated(i) ? ring::policy::gated : ring::policy::lossy,
            log.place(i, token)};
    }

    void read(Subscriber& in, std::size_t i, std::size_t me) {
        Torn message{};
        const Status status = case_.in_place ? peek(in, message) : in.try_pop(message);
        looked(in);
        (void)in.merge().look_due();  // nobody hands lanes back here
        const std::uint32_t lane = in.merge().lane();
        auto& reading = account().readings[i];
        if (status) {
            given(in, message, lane, reading.next[lane]);
        } else if (status == Status::lapped) {
            const std::uint64_t now = in.merge().ring(lane).next_position();
            expect(!is_gated(i), "a gate is lapped");
            expect(now > reading.next[lane], "LAPPED, and nothing is lost");
            reading.lost = static_cast<std::uint8_t>(reading.lost + now - reading.next[lane]);
            reading.next[lane] = static_cast<std::uint8_t>(now);
        } else {
            expect(status == Status::empty, "the subscriber finds a lane broken");
        }
        expect(in.lost() == reading.lost, "what it tells of its loss is not true");
        reading.missed = status == Status::empty ? reading.missed : 0;
        if (status == Status::empty) {
            nothing(in, reading, me);
        }
    }
    void given(Subscriber& in, const Torn& message, std::uint32_t lane, std::uint8_t& next) {
        const std::uint64_t position = in.position();
        expect(position == next, "a message comes out of its turn");
        const std::size_t found = account().at[lane][position];
        expect(found != 0, "a message nobody published is there");
        expect(message == test::message<Torn>(found - 1), "a message has other bytes");
        expect(ring::holder_of<P>(holders_[lane], position) == account().owner[found - 1],
               "a message is said to be of another publisher");
        ++next;
    }
    Status peek(Subscriber& in, Torn& message) {
        const Torn* shown = nullptr;
        if (const Status status = in.try_peek(shown); !status) {
            return status;
        }
        P::template copy_out<sizeof message>(bytes_of(message), bytes_of(*shown));
        in_hand(in);
        const Torn* again = nullptr;
        const Status status = in.try_peek(again);
        expect(!status || again == shown, "looking again shows another message");
        return status ? in.release() : status;
    }
    void nothing(Subscriber& in, LogLanesAccount::Reading& reading, std::size_t me) {
        if (in.readable()) {
            expect(++reading.missed <= 2 * case_.lanes,
                   "a message is there, and the merge passes over it");
            return;
        }
        reading.missed = 0;
        this->sleep_without_news(me);
    }

    LogLanesCase case_;
    std::deque<Log> logs_;
    std::array<layout::LaneHolders, kMostLanes> holders_{};
    std::array<std::byte, sizeof(ring::LaneReader<ring::BroadcastSubscriber<Torn, P>>)> values_;
    std::array<Left<Subscriber>, 2> subscribers_;
};

}  // namespace shunt::model
