// SPDX-License-Identifier: MIT
#include "process/stepper/operations.hpp"

#include "process/stepper/broadcast_play.hpp"
#include "process/stepper/crowd_play.hpp"
#include "process/stepper/lane_play.hpp"
#include "process/stepper/life_play.hpp"
#include "process/stepper/stream_play.hpp"

#include <utility>

namespace shunt::stepper {
namespace {

const std::vector<Ware> kAll{Ware::small, Ware::large, Ware::bytes, Ware::dense};
const std::vector<Ware> kTyped{Ware::small, Ware::large};
const std::vector<Ware> kOfCrowds{Ware::small, Ware::large, Ware::bytes};
const std::vector<Ware> kOneOfEach{Ware::small, Ware::bytes};
const std::vector<How> kHot{How::kill, How::stop};
const std::vector<How> kCold{How::kill, How::stop, How::call};

Scene stream(const StreamAct& act) {
    return [act](World& world, const Stock& stock) {
        return stream_play(world, stock.ware, stock.huge, act);
    };
}

Scene life(Life what, Bug bug = Bug::none) {
    return [what, bug](World& world, const Stock& stock) {
        return life_play(world, stock.ware, stock.huge, what, bug);
    };
}

PairScene both(const PairAct& act) {
    return [act](World& world, const Stock& stock) {
        return std::make_unique<StreamPair>(world, stock.ware, stock.huge, act);
    };
}

Scene inside(Act act) {
    return stream({act, Where::inside});
}
Scene turn(Act act) {
    return stream({act, Where::turn});
}
Scene stuck(Act act) {
    return stream({act, Where::stuck});
}

std::vector<Operation> spsc_pairs() {
    using enum Act;
    const std::vector<How> how{How::pair};
    return {
        {"spsc", "push + pop", {}, how, kAll, kAll, {both({push, pop})}},
        {"spsc", "publish + peek", {}, how, kAll, kAll, {both({publish, peek})}},
        {"spsc", "publish + release", {}, how, kAll, kAll, {both({publish, release})}},
        {"spsc", "push_n + drain", {}, how, kAll, kAll, {both({push_n, drain})}},
        {"spsc", "push + recover", {}, how, kAll, kAll, {both({push, pop, true})}},
    };
}

std::vector<Operation> spsc_operations() {
    using enum Act;
    const Scene wakes_a_reader = stream({push, Where::inside, true});
    const Scene wakes_a_writer = stream({pop, Where::turn, true});
    return {
        {"spsc", "push", {inside(push), turn(push), stuck(push)}, kHot, kAll, kAll},
        {"spsc", "claim", {inside(claim), turn(claim)}, kHot, kAll, kAll},
        {"spsc", "publish", {inside(publish), turn(publish)}, kHot, kAll, kAll},
        {"spsc", "abandon", {turn(abandon)}, kHot, kAll, kAll},
        {"spsc", "push_n", {turn(push_n)}, kHot, kAll, kAll},
        {"spsc", "pop", {inside(pop), turn(pop), stuck(pop)}, kHot, kAll, kAll},
        {"spsc", "peek", {inside(peek), turn(peek)}, kHot, kAll, kAll},
        {"spsc", "release", {inside(release), turn(release)}, kHot, kAll, kAll},
        {"spsc", "pop_n", {turn(pop_n)}, kHot, kTyped, kTyped},
        {"spsc", "drain", {turn(drain)}, kHot, kAll, kAll},
        {"spsc", "park", {stuck(push_blocking), stuck(pop_blocking)}, kHot, kAll, kAll},
        {"spsc", "wake", {wakes_a_reader, wakes_a_writer}, kHot, kAll, kAll},
        {"spsc", "create", {life(Life::create)}, kCold, kOneOfEach, {Ware::small}},
        {"spsc", "join", {life(Life::join)}, kCold, kOneOfEach, {Ware::small}},
        {"spsc", "open", {life(Life::open)}, kCold, kOneOfEach, {Ware::small}},
        {"spsc",
         "leave",
         {life(Life::leave), life(Life::leave_unread)},
         kCold,
         kOneOfEach,
         {Ware::small}},
        {"spsc", "close", {life(Life::close)}, kCold, kOneOfEach, {Ware::small}},
        {"spsc", "recover", {life(Life::recover)}, kCold, kOneOfEach, {Ware::small}},
        {"spsc", "collect", {life(Life::collect)}, kCold, kOneOfEach, {Ware::small}},
    };
}

Scene crowd(Deed deed, bool stuck = false) {
    return [=](World& world, const Stock& stock) {
        return crowd_play(world, stock.ware, stock.huge, {deed, stuck});
    };
}

Scene crowd_wakes(Deed deed, Asleep asleep) {
    return [=](World& world, const Stock& stock) {
        return crowd_play(world, stock.ware, stock.huge, {deed, false, asleep});
    };
}

// By a consumer that pops by copy.
Scene copying(Deed deed, bool stuck = false, Asleep asleep = Asleep::nobody) {
    return [=](World& world, const Stock& stock) {
        return crowd_play(world, stock.ware, stock.huge, {deed, stuck, asleep, true});
    };
}

Scene in_blocks(Deed deed, bool stuck = false, Asleep asleep = Asleep::nobody) {
    return [=](World& world, const Stock& stock) {
        return crowd_play(world, stock.ware, stock.huge, {deed, stuck, asleep, false, true});
    };
}

Scene life(CrowdLife what, bool blocks = false) {
    return [=](World& world, const Stock& stock) {
        return crowd_life(world, stock.ware, stock.huge, what, blocks);
    };
}

PairScene both(const CrowdAct& first, const CrowdAct& second) {
    return [=](World& world, const Stock& stock) {
        return crowd_pair(world, stock.ware, stock.huge, first, second);
    };
}
PairScene both(Deed first, Deed second) {
    return both(CrowdAct{first}, CrowdAct{second});
}

std::vector<Operation> mpmc_operations_by_copy() {
    using enum Deed;
    const std::vector<How> pair{How::pair};
    const std::vector<Ware> one{Ware::small};
    const CrowdAct copy{.deed = pop, .copies = true};
    return {
        {"mpmc", "pop by copy", {copying(pop), copying(pop, true)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "pop a gap by copy", {copying(pass_gap)}, kHot, one, one},
        {"mpmc", "pop an orphan by copy", {copying(inherit)}, kHot, kOfCrowds, one},
        {"mpmc", "pop_n by copy", {copying(pop_n)}, kHot, kTyped, one},
        {"mpmc", "park and pop by copy", {copying(pop_blocking)}, kHot, one, one},
        {"mpmc",
         "wake by copy",
         {copying(pop, false, Asleep::peer), copying(pop, false, Asleep::fellow)},
         kHot,
         kTyped,
         one},
        {"mpmc", "push + pop by copy", {}, pair, kOfCrowds, one, {both(CrowdAct{push}, copy)}},
        {"mpmc", "pop + pop by copy", {}, pair, kTyped, one, {both(CrowdAct{pop}, copy)}},
        {"mpmc", "two pops by copy", {}, pair, kTyped, one, {both(copy, copy)}},
    };
}

std::vector<Operation> mpmc_operations() {
    using enum Deed;
    const std::vector<Ware> one{Ware::small};
    return {
        {"mpmc", "push", {crowd(push), crowd(push, true)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "claim", {crowd(claim)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "publish", {crowd(publish)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "abandon", {crowd(abandon)}, kHot, kTyped, kTyped},
        {"mpmc", "push_n", {crowd(push_n)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "pop", {crowd(pop), crowd(pop, true)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "pop a gap", {crowd(pass_gap)}, kHot, kTyped, one},
        {"mpmc", "pop an orphan", {crowd(inherit)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "peek", {crowd(peek)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "release", {crowd(release)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "pop_n", {crowd(pop_n)}, kHot, kTyped, kTyped},
        {"mpmc", "drain", {crowd(drain)}, kHot, kOfCrowds, kOfCrowds},
        {"mpmc", "park", {crowd(push_blocking), crowd(pop_blocking)}, kHot, kTyped, kTyped},
        {"mpmc",
         "wake",
         {crowd_wakes(push, Asleep::peer), crowd_wakes(pop, Asleep::peer),
          crowd_wakes(pop, Asleep::fellow)},
         kHot,
         kTyped,
         kTyped},
        {"mpmc", "create", {life(CrowdLife::create)}, kCold, one, one},
        {"mpmc", "join", {life(CrowdLife::join)}, kCold, one, one},
        {"mpmc", "leave", {crowd(leave_claiming), crowd(leave_holding)}, kCold, one, one},
        {"mpmc", "close", {life(CrowdLife::close)}, kCold, one, one},
        {"mpmc",
         "recover",
         {crowd(recover_claim), crowd(recover_hand), crowd(recover_dropped)},
         kCold,
         kTyped,
         one},
        {"mpmc", "collect", {life(CrowdLife::collect)}, kCold, one, one},
    };
}

std::vector<Operation> blocks_operations() {
    using enum Deed;
    const std::vector<Ware> one{Ware::small};
    const auto deed = [](Deed what) { return in_blocks(what); };
    return {
        {"mpmc_blocks", "push", {deed(push), in_blocks(push, true)}, kHot, kOfCrowds, kOneOfEach},
        {"mpmc_blocks", "claim", {deed(claim)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "publish", {deed(publish)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "abandon", {deed(abandon)}, kHot, kTyped, one},
        {"mpmc_blocks", "push_n", {deed(push_n)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "pop", {deed(pop), in_blocks(pop, true)}, kHot, kOfCrowds, kOneOfEach},
        {"mpmc_blocks", "pop an orphan", {deed(inherit)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "peek", {deed(peek)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "release", {deed(release)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "pop_n", {deed(pop_n)}, kHot, kTyped, one},
        {"mpmc_blocks", "drain", {deed(drain)}, kHot, kOfCrowds, one},
        {"mpmc_blocks", "park", {deed(push_blocking), deed(pop_blocking)}, kHot, kTyped, one},
        {"mpmc_blocks",
         "wake",
         {in_blocks(push, false, Asleep::peer), in_blocks(pop, false, Asleep::peer),
          in_blocks(pop, false, Asleep::fellow)},
         kHot,
         kTyped,
         one},
        {"mpmc_blocks", "create", {life(CrowdLife::create, true)}, kCold, one, one},
        {"mpmc_blocks", "join", {life(CrowdLife::join, true)}, kCold, one, one},
        {"mpmc_blocks", "leave", {deed(leave_claiming), deed(leave_holding)}, kCold, one, one},
        {"mpmc_blocks", "close", {life(CrowdLife::close, true)}, kCold, one, one},
        {"mpmc_blocks",
         "recover",
         {deed(recover_claim), deed(recover_hand), deed(recover_dropped)},
         kCold,
         kTyped,
         one},
        {"mpmc_blocks", "collect", {life(CrowdLife::collect, true)}, kCold, one, one},
    };
}

std::vector<Operation> blocks_pairs() {
    using enum Deed;
    const std::vector<How> how{How::pair};
    const std::vector<Ware> one{Ware::small};
    const auto two = [](Deed first, Deed second) {
        return both(CrowdAct{.deed = first, .blocks = true},
                    CrowdAct{.deed = second, .blocks = true});
    };
    return {
        {"mpmc_blocks", "push + push", {}, how, kTyped, one, {two(push, push)}},
        {"mpmc_blocks", "push + pop", {}, how, kOfCrowds, one, {two(push, pop)}},
        {"mpmc_blocks", "pop + pop", {}, how, kTyped, one, {two(pop, pop)}},
        {"mpmc_blocks", "publish + peek", {}, how, kTyped, one, {two(publish, peek)}},
        {"mpmc_blocks", "publish + recover", {}, how, kTyped, one, {two(publish, recover_claim)}},
        {"mpmc_blocks", "pop + recover", {}, how, kOfCrowds, one, {two(pop, recover_hand)}},
    };
}

std::vector<Operation> mpmc_pairs() {
    using enum Deed;
    const std::vector<How> how{How::pair};
    return {
        {"mpmc", "push + push", {}, how, kTyped, kTyped, {both(push, push)}},
        {"mpmc", "push + pop", {}, how, kOfCrowds, kOfCrowds, {both(push, pop)}},
        {"mpmc", "pop + pop", {}, how, kTyped, kTyped, {both(pop, pop)}},
        {"mpmc", "publish + peek", {}, how, kTyped, kTyped, {both(publish, peek)}},
        {"mpmc", "publish + recover", {}, how, kTyped, kTyped, {both(publish, recover_claim)}},
        {"mpmc", "pop + recover", {}, how, kOfCrowds, kOfCrowds, {both(pop, recover_hand)}},
    };
}

Scene lane(const LaneAct& act) {
    return [=](World& world, const Stock& stock) {
        return lane_play(world, stock.ware, stock.huge, act);
    };
}

Scene life(LaneLife what) {
    return [what](World& world, const Stock& stock) {
        return lane_life(world, stock.ware, stock.huge, what);
    };
}

PairScene both(Act first, Act second) {
    return [=](World& world, const Stock& stock) {
        return lane_pair(world, stock.ware, stock.huge, first, second);
    };
}

std::vector<Operation> mpsc_operations() {
    using enum Act;
    const std::vector<Ware> one{Ware::small};
    const LaneAct leaves{.deed = LaneDeed::leave};
    const LaneAct hands_back{.act = pop, .deed = LaneDeed::hand_back};
    return {
        {"mpsc", "push", {lane({push}), lane({push, true})}, kHot, kAll, kOneOfEach},
        {"mpsc", "claim", {lane({claim})}, kHot, kAll, kOneOfEach},
        {"mpsc", "publish", {lane({publish})}, kHot, kAll, kOneOfEach},
        {"mpsc", "abandon", {lane({abandon})}, kHot, kAll, kOneOfEach},
        {"mpsc", "push_n", {lane({push_n})}, kHot, kAll, kOneOfEach},
        {"mpsc", "pop", {lane({pop}), lane({pop, true})}, kHot, kAll, kOneOfEach},
        {"mpsc", "peek", {lane({peek})}, kHot, kAll, kOneOfEach},
        {"mpsc", "release", {lane({release})}, kHot, kAll, kOneOfEach},
        {"mpsc", "pop_n", {lane({pop_n})}, kHot, kTyped, one},
        {"mpsc", "drain", {lane({drain})}, kHot, kAll, kOneOfEach},
        {"mpsc",
         "park",
         {lane({push_blocking, true}), lane({pop_blocking})},
         kHot,
         kAll,
         kOneOfEach},
        {"mpsc", "wake", {lane({push, false, true}), lane({pop, false, true})}, kHot, one, one},
        {"mpsc", "give a lane back", {lane(hands_back)}, kHot, kAll, kOneOfEach},
        {"mpsc", "create", {life(LaneLife::create)}, kCold, kOneOfEach, one},
        {"mpsc", "join", {life(LaneLife::join)}, kCold, kOneOfEach, one},
        {"mpsc", "leave", {lane(leaves)}, kCold, kOneOfEach, one},
        {"mpsc", "close", {life(LaneLife::close)}, kCold, kOneOfEach, one},
        {"mpsc", "collect", {life(LaneLife::collect)}, kCold, one, one},
    };
}

std::vector<Operation> mpsc_pairs() {
    using enum Act;
    const std::vector<How> how{How::pair};
    return {
        {"mpsc", "push + push", {}, how, kAll, kOneOfEach, {both(push, push)}},
        {"mpsc", "push + pop", {}, how, kAll, kOneOfEach, {both(push, pop)}},
        {"mpsc", "publish + peek", {}, how, kAll, kOneOfEach, {both(publish, peek)}},
        {"mpsc", "push_n + drain", {}, how, kAll, kOneOfEach, {both(push_n, drain)}},
    };
}

Scene cast(const BroadcastAct& act, Through through = Through::broadcast) {
    return [=](World& world, const Stock& stock) {
        return broadcast_play(world, {stock.ware, through}, stock.huge, act);
    };
}

Scene gate(Act act, bool evicts = false) {
    return cast({.act = act, .gates = evicts ? on_slow::evict : on_slow::block});
}

Scene life(BroadcastLife what, Through through = Through::broadcast) {
    return [=](World& world, const Stock& stock) {
        return broadcast_life(world, {stock.ware, through}, stock.huge, what);
    };
}

PairScene cast_both(Act publish, std::optional<Act> subscribe,
                    Through through = Through::broadcast) {
    return [=](World& world, const Stock& stock) {
        return broadcast_pair(world, {stock.ware, through}, stock.huge, {publish, subscribe});
    };
}

std::vector<Operation> broadcast_operations() {
    using enum Act;
    const std::vector<Ware> one{Ware::small};
    const BroadcastAct wakes{.act = push, .peer_sleeps = true};
    const BroadcastAct publisher{.act = push, .leaves = true};
    const BroadcastAct subscriber{.act = pop, .leaves = true};
    const BroadcastAct leaver{.act = pop, .leaves = true, .gates = on_slow::block};
    const Scene evicted = cast({.act = pop, .lags = true, .gates = on_slow::evict});
    return {
        {"broadcast", "push", {cast({push})}, kHot, kOfCrowds, kOneOfEach},
        {"broadcast", "claim", {cast({claim})}, kHot, kOfCrowds, one},
        {"broadcast", "publish", {cast({publish})}, kHot, kOfCrowds, one},
        {"broadcast", "abandon", {cast({abandon})}, kHot, kOfCrowds, one},
        {"broadcast", "push_n", {cast({push_n})}, kHot, kTyped, one},
        {"broadcast", "pop", {cast({pop}), cast({pop, true})}, kHot, kOfCrowds, kOneOfEach},
        {"broadcast", "peek", {cast({peek}), cast({peek, true})}, kHot, kOfCrowds, one},
        {"broadcast", "release", {cast({release}), cast({release, true})}, kHot, kOfCrowds, one},
        {"broadcast", "pop_n", {cast({pop_n}), cast({pop_n, true})}, kHot, kTyped, one},
        {"broadcast", "drain", {cast({drain}), cast({drain, true})}, kHot, kTyped, one},
        {"broadcast", "park", {cast({pop_blocking})}, kHot, kOfCrowds, one},
        {"broadcast", "wake", {cast(wakes)}, kHot, kOfCrowds, one},
        {"broadcast", "push by a gate", {gate(push), gate(push, true)}, kHot, kOfCrowds, one},
        {"broadcast", "claim by a gate", {gate(claim), gate(claim, true)}, kHot, kOfCrowds, one},
        {"broadcast", "push_n by a gate", {gate(push_n), gate(push_n, true)}, kHot, kTyped, one},
        {"broadcast", "pop as a gate", {gate(pop), gate(pop, true)}, kHot, kOfCrowds, one},
        {"broadcast", "release as a gate", {gate(release), gate(release, true)}, kHot, one, one},
        {"broadcast", "pop_n as a gate", {gate(pop_n), gate(pop_n, true)}, kHot, kTyped, one},
        {"broadcast", "park as a gate", {gate(pop_blocking)}, kHot, one, one},
        {"broadcast", "pop as one evicted", {evicted}, kHot, kOfCrowds, one},
        {"broadcast", "join as a gate", {life(BroadcastLife::join_gated)}, kCold, one, one},
        {"broadcast", "leave as a gate", {cast(leaver)}, kCold, one, one},
        {"broadcast", "recover a gate", {life(BroadcastLife::recover_gate)}, kCold, one, one},
        {"broadcast", "create", {life(BroadcastLife::create)}, kCold, kOneOfEach, one},
        {"broadcast", "join", {life(BroadcastLife::join)}, kCold, kOneOfEach, one},
        {"broadcast", "leave", {cast(publisher), cast(subscriber)}, kCold, kOneOfEach, one},
        {"broadcast", "close", {life(BroadcastLife::close)}, kCold, kOneOfEach, one},
        {"broadcast", "recover", {life(BroadcastLife::recover)}, kCold, kOneOfEach, one},
        {"broadcast", "collect", {life(BroadcastLife::collect)}, kCold, one, one},
    };
}

std::vector<Operation> broadcast_pairs() {
    using enum Act;
    const std::vector<How> how{How::pair};
    const std::vector<Ware> one{Ware::small};
    return {
        {"broadcast", "push + pop", {}, how, kOfCrowds, one, {cast_both(push, pop)}},
        {"broadcast", "publish + peek", {}, how, kOfCrowds, one, {cast_both(publish, peek)}},
        {"broadcast", "push_n + pop_n", {}, how, kTyped, one, {cast_both(push_n, pop_n)}},
        {"broadcast",
         "push + recover",
         {},
         how,
         kOfCrowds,
         kOneOfEach,
         {cast_both(push, std::nullopt)}},
    };
}

// What is a lane's own: whose it is, how it goes to another, and a subscriber's way through it. The
// log's other verbs are those of a broadcast channel.
std::vector<Operation> lanes_operations() {
    using enum Act;
    const std::vector<Ware> one{Ware::small};
    const auto in = [](const BroadcastAct& act) { return cast(act, Through::lanes); };
    const auto lives = [](BroadcastLife what) { return life(what, Through::lanes); };
    const auto by_gate = [](Act act) {
        return cast({.act = act, .gates = on_slow::block}, Through::lanes);
    };
    const BroadcastAct wakes{.act = push, .peer_sleeps = true};
    const BroadcastAct publisher{.act = push, .leaves = true};
    const BroadcastAct subscriber{.act = pop, .leaves = true};
    constexpr const char* kKind = "broadcast_lanes";
    return {
        {kKind, "push", {in({push})}, kHot, kOfCrowds, kOneOfEach},
        {kKind, "publish", {in({publish})}, kHot, one, one},
        {kKind, "pop", {in({pop}), in({pop, true})}, kHot, kOfCrowds, kOneOfEach},
        {kKind, "peek", {in({peek}), in({peek, true})}, kHot, kOneOfEach, one},
        {kKind, "release", {in({release}), in({release, true})}, kHot, kOneOfEach, one},
        {kKind, "pop_n", {in({pop_n}), in({pop_n, true})}, kHot, kTyped, one},
        {kKind, "park", {in({pop_blocking})}, kHot, kOneOfEach, one},
        {kKind, "wake", {in(wakes)}, kHot, one, one},
        {kKind, "push by a gate", {by_gate(push)}, kHot, kOneOfEach, one},
        {kKind, "pop as a gate", {by_gate(pop)}, kHot, kOneOfEach, one},
        {kKind, "join as a gate", {lives(BroadcastLife::join_gated)}, kCold, one, one},
        {kKind, "recover a gate", {lives(BroadcastLife::recover_gate)}, kCold, one, one},
        {kKind, "create", {lives(BroadcastLife::create)}, kCold, kOneOfEach, one},
        {kKind, "join", {lives(BroadcastLife::join)}, kCold, kOneOfEach, one},
        {kKind, "take a lane over", {lives(BroadcastLife::take_over)}, kCold, kOneOfEach, one},
        {kKind, "leave", {in(publisher), in(subscriber)}, kCold, kOneOfEach, one},
        {kKind, "close", {lives(BroadcastLife::close)}, kCold, one, one},
        {kKind, "recover", {lives(BroadcastLife::recover)}, kCold, kOneOfEach, one},
        {kKind, "collect", {lives(BroadcastLife::collect)}, kCold, one, one},
    };
}

std::vector<Operation> latest_operations() {
    using enum Act;
    const std::vector<Ware> one{Ware::small};
    const auto keeps = [](const BroadcastAct& act) { return cast(act, Through::latest); };
    const auto lives = [](BroadcastLife what) { return life(what, Through::latest); };
    const BroadcastAct wakes{.act = push, .peer_sleeps = true};
    const BroadcastAct writer{.act = push, .leaves = true};
    const BroadcastAct reader{.act = pop, .leaves = true};
    return {
        {"latest", "publish", {keeps({push})}, kHot, kOfCrowds, kOneOfEach},
        {"latest", "claim", {keeps({claim})}, kHot, kOfCrowds, one},
        {"latest", "publish a claim", {keeps({publish})}, kHot, kOfCrowds, one},
        {"latest", "abandon", {keeps({abandon})}, kHot, kOfCrowds, one},
        {"latest", "load", {keeps({pop}), keeps({pop, true})}, kHot, kOfCrowds, kOneOfEach},
        {"latest", "peek", {keeps({peek}), keeps({peek, true})}, kHot, kOfCrowds, one},
        {"latest", "release", {keeps({release}), keeps({release, true})}, kHot, kOfCrowds, one},
        {"latest", "park", {keeps({pop_blocking})}, kHot, kOfCrowds, one},
        {"latest", "wake", {keeps(wakes)}, kHot, kOfCrowds, one},
        {"latest", "create", {lives(BroadcastLife::create)}, kCold, kOneOfEach, one},
        {"latest", "join", {lives(BroadcastLife::join)}, kCold, kOneOfEach, one},
        {"latest", "leave", {keeps(writer), keeps(reader)}, kCold, kOneOfEach, one},
        {"latest", "close", {lives(BroadcastLife::close)}, kCold, kOneOfEach, one},
        {"latest", "recover", {lives(BroadcastLife::recover)}, kCold, kOneOfEach, one},
        {"latest", "collect", {lives(BroadcastLife::collect)}, kCold, one, one},
    };
}

std::vector<Operation> latest_pairs() {
    using enum Act;
    constexpr Through kLatest = Through::latest;
    const std::vector<How> how{How::pair};
    const std::vector<Ware> one{Ware::small};
    return {
        {"latest", "publish + load", {}, how, kOfCrowds, one, {cast_both(push, pop, kLatest)}},
        {"latest", "publish + peek", {}, how, kOfCrowds, one, {cast_both(publish, peek, kLatest)}},
        {"latest",
         "publish + recover",
         {},
         how,
         kOfCrowds,
         kOneOfEach,
         {cast_both(push, std::nullopt, kLatest)}},
    };
}

}  // namespace

std::string_view name_of(Ware ware) noexcept {
    constexpr std::string_view kNames[] = {"typed 16 B", "typed 200 B", "bytes", "dense bytes"};
    return kNames[static_cast<std::size_t>(ware)];
}

const std::vector<Operation>& operations() {
    static const std::vector<Operation> all = [] {
        std::vector<Operation> made;
        for (auto* const some :
             {spsc_operations, spsc_pairs, mpmc_operations, mpmc_pairs, mpmc_operations_by_copy,
              blocks_operations, blocks_pairs, mpsc_operations, mpsc_pairs, broadcast_operations,
              broadcast_pairs, lanes_operations, latest_operations, latest_pairs}) {
            for (Operation& operation : some()) {
                made.push_back(std::move(operation));
            }
        }
        return made;
    }();
    return all;
}

const std::vector<Seeded>& seeded_bugs() {
    static const std::vector<Seeded> all{
        {Bug::stamp_before_payload, How::kill,
         stream({Act::push, Where::inside, false, Bug::stamp_before_payload})},
        {Bug::read_pos_late, How::kill,
         stream({Act::pop, Where::inside, false, Bug::read_pos_late})},
        {Bug::free_before_copy, How::stop,
         stream({Act::pop, Where::turn, false, Bug::free_before_copy})},
        {Bug::peek_not_noted, How::kill,
         stream({Act::peek, Where::inside, false, Bug::peek_not_noted})},
        {Bug::leaves_before_it_says_so, How::kill,
         life(Life::leave, Bug::leaves_before_it_says_so)},
        {Bug::enters_before_it_locks, How::stop, life(Life::join, Bug::enters_before_it_locks)},
        {Bug::recovers_without_telling, How::kill,
         life(Life::recover, Bug::recovers_without_telling)},
        {Bug::recovers_the_living, How::kill, life(Life::recover, Bug::recovers_the_living)},
        {Bug::collects_the_living, How::kill, life(Life::collect, Bug::collects_the_living)},
    };
    return all;
}

}  // namespace shunt::stepper
