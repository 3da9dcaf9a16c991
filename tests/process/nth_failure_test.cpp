// SPDX-License-Identifier: MIT
//
// What support/nth_failure.hpp says, of an spsc channel and of what all kinds share.
#include "process/support/nth_failure.hpp"

#include <shunt/allocators/numa.hpp>
#include <shunt/channel/wait_any.hpp>

namespace shunt::process_test {
namespace {

// The first port of a process allocates more, for as long as it lives. Before the other tests.
class NthFailureOfTheFirst : public Company {};

TEST_F(NthFailureOfTheFirst, AllocationsOfAPort) {
    constexpr std::size_t kEnough = 500;
    std::size_t nth = 0;
    std::string end;
    while (end != "exit 3" && ++nth < kEnough) {
        Child child{[nth] {
            ::alarm(20);
            Ports ports;
            bool failed = false;
            begin_allocations(nth);
            try {
                open_out(ports, options(pages::base));
                (void)end_allocations(failed);
            } catch (const std::bad_alloc&) {
                (void)end_allocations(failed);
                open_out(ports, options(pages::base));
            }
            return failed ? 0 : 3;
        }};
        end = child.wait();
        EXPECT_TRUE(end == "exit 0" || end == "exit 3") << end << " at allocation " << nth;
        for (const std::string& file : ground_.files()) {
            std::filesystem::remove(ground_.path() + "/" + file);
        }
    }
    EXPECT_GT(nth, 60u);
    EXPECT_LT(nth, kEnough);
}

Work creating(pages how) {
    return {nothing, [=](Ports& ports) { open_out(ports, options(how)); }};
}
Work joining_work(pages how) {
    return {[=](Ports& ports) { open_out(ports, options(how)); },
            [=](Ports& ports) { open_in(ports, joining(how)); }};
}
// Whoever finds a channel that nobody lives in goes on with it, and ends it.
void take_over_and_end(Ports& ports, pages how) {
    ports = {};
    open_out(ports, joining(how));
}

TEST_F(NthFailure, OfCreating) {
    every_failure("create", creating(pages::base));
}

TEST_F(NthFailure, OfJoining) {
    every_failure("join", joining_work(pages::base));
}

TEST_F(NthFailure, OfTakingTheSeatOfADeadOne) {
    every_failure("succeed",
                  {[](Ports& ports) {
                       one_dies([](Ports& dead) { open_out(dead, options(pages::base)); });
                       open_in(ports, joining(pages::base));
                       one_dies([](Ports& dead) { open_out(dead, joining(pages::base)); });
                   },
                   [](Ports& ports) { open_out(ports, joining(pages::base)); }});
}

TEST_F(NthFailure, OfReplacing) {
    every_failure(
        "replace",
        {[](Ports&) { one_dies([](Ports& dead) { open_out(dead, options(pages::base)); }); },
         [](Ports& ports) {
             Options other = options(pages::base);
             other.capacity = 5000;
             other.existing = existing::replace;
             open_out(ports, other);
         },
         [](Ports&) {}, true},
        true);
}

TEST_F(NthFailure, OfClosingBeforeOthers) {
    every_failure("close", {[](Ports& ports) {
                                open_out(ports, options(pages::base));
                                open_in(ports, joining(pages::base));
                            },
                            [](Ports& ports) { ports.out.reset(); }});
}

TEST_F(NthFailure, OfClosingLast) {
    every_failure("close last", {[](Ports& ports) { open_out(ports, options(pages::base)); },
                                 [](Ports& ports) { ports.out.reset(); },
                                 [](Ports& ports) { take_over_and_end(ports, pages::base); }});
}

TEST_F(NthFailure, OfLookingForTheDead) {
    every_failure("reap", {[](Ports& ports) {
                               open_out(ports, options(pages::base));
                               one_dies([](Ports& dead) { open_in(dead, joining(pages::base)); });
                           },
                           [](Ports& ports) { (void)ports.out->peers(); }, [](Ports&) {}});
}

TEST_F(NthFailure, OfPreparing) {
    every_failure("prepare_rt", {[](Ports& ports) { open_out(ports, options(pages::base)); },
                                 [](Ports& ports) { ports.out->prepare_rt(); }});
}

TEST_F(NthFailure, OfAskingForThePlacement) {
    every_failure("placement", {[](Ports& ports) { open_out(ports, options(pages::base)); },
                                [](Ports& ports) { (void)ports.out->placement(); }});
}

TEST_F(NthFailure, OfADescriptorForAnEventLoop) {
    if (!rings_here()) {
        GTEST_SKIP() << "io_uring cannot wait for a futex here";
    }
    every_failure("fd", {open_apart, [](Ports& ports) { (void)ports.in->fd(); }});
}

TEST_F(NthFailure, OfArming) {
    if (!rings_here()) {
        GTEST_SKIP() << "io_uring cannot wait for a futex here";
    }
    every_failure("arm", {[](Ports& ports) {
                              open_apart(ports);
                              (void)ports.in->fd();
                          },
                          [](Ports& ports) { (void)ports.in->arm(); }});
}

TEST_F(NthFailure, OfWaitingForAny) {
    every_failure(
        "wait_any",
        {[](Ports& ports) {
             open_out(ports, options(pages::base));
             open_in(ports, joining(pages::base));
         },
         [](Ports& ports) {
             const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds{2};
             sandbox::must(wait_any({*ports.in}, soon).status == Status::timeout, "a timeout");
         }});
}

TEST_F(NthFailure, OfListing) {
    every_failure("list", {[](Ports& ports) { open_out(ports, options(pages::base)); },
                           [](Ports&) { (void)channel::list(); }});
}

TEST_F(NthFailure, OfObserving) {
    every_failure("observe", {[](Ports& ports) { open_out(ports, options(pages::base)); },
                              [](Ports& ports) {
                                  ports.observer = std::make_unique<channel::Observer>(kName);
                              }});
}

TEST_F(NthFailure, OfCreatingOnANodeFromACpu) {
    SHUNT_NEEDS_NODES();
    every_failure("create on a node",
                  {nothing,
                   [](Ports& ports) {
                       Options placed = options(pages::base);
                       placed.node = node::automatic;
                       placed.cpu = 0;
                       open_out(ports, placed);
                   }},
                  true);
}

TEST_F(NthFailure, OfCreatingOnTransparentPages) {
    Child child{[] {
        Ports ports;
        open_out(ports, options(pages::thp));
        return 0;
    }};
    if (child.wait() != "exit 0") {
        GTEST_SKIP() << "this kernel gathers no transparent huge pages (MADV_COLLAPSE)";
    }
    every_failure("create thp", creating(pages::thp), true);
}

TEST_F(NthFailure, OfCreatingOnHugePages) {
    SHUNT_NEEDS_OWN_HUGE_PAGES(true);
    every_failure("create 2m", creating(pages::huge_2m), true);
}

TEST_F(NthFailure, OfCreatingWherePagesMayBeHuge) {
    SHUNT_NEEDS_OWN_HUGE_PAGES(true);
    every_failure("create prefer", creating(pages::prefer_huge), true);
}

TEST_F(NthFailure, OfJoiningOnHugePages) {
    SHUNT_NEEDS_OWN_HUGE_PAGES(true);
    every_failure("join 2m", joining_work(pages::huge_2m), true);
}

TEST_F(NthFailure, OfClosingLastOnHugePages) {
    SHUNT_NEEDS_OWN_HUGE_PAGES(true);
    every_failure("close last 2m",
                  {[](Ports& ports) { open_out(ports, options(pages::huge_2m)); },
                   [](Ports& ports) { ports.out.reset(); },
                   [](Ports& ports) {
                       take_over_and_end(ports, pages::huge_2m);
                       ports = {};
                       for (const std::string& garbage : slots_files()) {
                           std::filesystem::remove(garbage);  // a collector's business
                       }
                   }});
}

}  // namespace
}  // namespace shunt::process_test
