// SPDX-License-Identifier: MIT
#include "process/stepper/operations.hpp"

#include "process/stepper/stream_play.hpp"

namespace shunt::stepper {
namespace {

const std::vector<Ware> kAll{Ware::small, Ware::large, Ware::bytes, Ware::dense};
const std::vector<Ware> kTyped{Ware::small, Ware::large};
const std::vector<How> kHot{How::kill, How::stop};

Scene stream(const StreamAct& act) {
    return [act](World& world, const Stock& stock) {
        return stream_play(world, stock.ware, stock.huge, act);
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

std::vector<Operation> spsc_operations() {
    using enum Act;
    const Scene wakes_a_reader = stream({push, Where::inside, true});
    const Scene wakes_a_writer = stream({pop, Where::turn, true});
    return {
        {"spsc", "push", {inside(push), turn(push), stuck(push)}, kHot, kAll},
        {"spsc", "claim", {inside(claim), turn(claim)}, kHot, kAll},
        {"spsc", "publish", {inside(publish), turn(publish)}, kHot, kAll},
        {"spsc", "abandon", {turn(abandon)}, kHot, kAll},
        {"spsc", "push_n", {turn(push_n)}, kHot, kAll},
        {"spsc", "pop", {inside(pop), turn(pop), stuck(pop)}, kHot, kAll},
        {"spsc", "peek", {inside(peek), turn(peek)}, kHot, kAll},
        {"spsc", "release", {inside(release), turn(release)}, kHot, kAll},
        {"spsc", "pop_n", {turn(pop_n)}, kHot, kTyped},
        {"spsc", "drain", {turn(drain)}, kHot, kAll},
        {"spsc", "park", {stuck(push_blocking), stuck(pop_blocking)}, kHot, kAll},
        {"spsc", "wake", {wakes_a_reader, wakes_a_writer}, kHot, kAll},
    };
}

}  // namespace

std::string_view name_of(Ware ware) noexcept {
    constexpr std::string_view kNames[] = {"typed 16 B", "typed 200 B", "bytes", "dense bytes"};
    return kNames[static_cast<std::size_t>(ware)];
}

const std::vector<Operation>& operations() {
    static const std::vector<Operation> all = spsc_operations();
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
    };
    return all;
}

}  // namespace shunt::stepper
