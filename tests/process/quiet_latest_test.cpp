// SPDX-License-Identifier: MIT
//
// The hot path of a latest value makes no system call and allocates nothing: as quiet_test.cpp says
// of the other kinds.
#include "process/support/quiet_company.hpp"

#include <shunt/latest.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace shunt::process_test {
namespace {

using Number = std::uint64_t;

// Numbers as structs, and as bytes of as many lengths as there are numbers.
struct OfStructs {
    using Value = Words<256>;
    using Out = latest::Writer<Value>;
    using In = latest::Reader<Value>;
    static constexpr Number kWaysIn = 4;
    static constexpr Number kWaysOut = 4;

    static Value value(Number number) {
        Value made;
        made.words.fill(mixed(number));
        return made;
    }
    static void put(Out& out, Number how, Number number) {
        switch (how % kWaysIn) {
            case 0:
                return expect(bool{out.publish(value(number))});
            case 1:
                return expect(bool{out.publish_quiet(value(number))});
            case 2:
                *out.try_claim() = value(~number);
                out.abandon();
                *out.try_claim() = value(number);
                return out.publish();
            default:
                *out.try_claim() = value(number);
                return out.publish_quiet();
        }
    }
    static Status load(In& in, Number how, Number number) {
        Value one = value(~number);
        Number version = 0;
        Status status = Status::ok;
        const Value* shown = nullptr;
        switch (how % kWaysOut) {
            case 0:
                status = in.load(one);
                break;
            case 1:
                expect(in.wait_changed(number, long_past()) == Status::ok);
                status = in.load(one, version);
                expect(version == number + 1);
                break;
            case 2:
                status = in.try_peek(shown);
                if (status) {
                    one = *shown;
                    expect(in.still_valid());
                    status = in.release();
                }
                break;
            default:
                expect(in.changed_since(number) && in.newest() == number + 1);
                status = in.load(one);
                break;
        }
        expect(!status || (one == value(number) && in.version() == number + 1));
        return status;
    }
};

struct OfBytes {
    using Out = latest::BytesWriter;
    using In = latest::BytesReader;
    using Memory = std::array<std::byte, kLongest>;
    static constexpr Number kWaysIn = 4;
    static constexpr Number kWaysOut = 2;

    static void put(Out& out, Number how, Number number) {
        Memory memory;
        const std::span<std::byte> one{memory.data(), length_of(number)};
        fill(one, number);
        if (how % kWaysIn < 2) {
            return expect(bool{how % kWaysIn == 0 ? out.publish(one) : out.publish_quiet(one)});
        }
        std::span<std::byte> place;
        expect(bool{out.try_claim(one.size(), place)});
        std::memcpy(place.data(), one.data(), one.size());
        how % kWaysIn == 2 ? out.publish(one.size()) : out.publish_quiet(one.size());
    }
    static Status load(In& in, Number how, Number number) {
        Memory memory;
        std::size_t size = 0;
        Status status = Status::ok;
        if (how % kWaysOut == 1) {
            latest::BytesView view;
            status = in.try_peek(view);
            if (status) {
                size = view.payload.size();
                std::memcpy(memory.data(), view.payload.data(), size);
                status = in.release();
            }
        } else {
            status = in.load(memory, size);
        }
        expect(!status || (number_of(memory) == number && intact({memory.data(), size})));
        return status;
    }
};

template <class Ware>
class QuietLatest : public QuietCompany {
protected:
    static Options options(wake how) {
        Options options;
        options.max_message = kLongest;
        options.pages = pages::base;
        options.wake = how;
        return options;
    }
};

using Wares = testing::Types<OfStructs, OfBytes>;
struct WareNames {
    template <class Ware>
    static std::string GetName(int index) {
        return index == 0 ? "Structs" : "Bytes";
    }
};
TYPED_TEST_SUITE(QuietLatest, Wares, WareNames);

TYPED_TEST(QuietLatest, EveryVerb) {
    for (const wake how : {wake::polling, wake::wakeable}) {
        TestFixture::another_channel();
        Child child{[&] {
            auto& out =
                TestFixture::template ready<typename TypeParam::Out>(TestFixture::options(how));
            auto& in =
                TestFixture::template ready<typename TypeParam::In>(TestFixture::options(how));
            return TestFixture::quietly([&] {
                for (Number number = 0; number < 5000; ++number) {
                    TypeParam::put(out, number, number);
                    expect(bool{TypeParam::load(in, number / TypeParam::kWaysIn, number)});
                    expect(!in.changed_since(number + 1));
                    expect(in.wait_changed(number + 1, long_past()) == Status::timeout);
                }
            });
        }};
        EXPECT_TRUE(this->ends(child, "exit 0"));
    }
}

TYPED_TEST(QuietLatest, QuietFormsLetASleeperSleepAndOthersWakeIt) {
    constexpr Number kTimes = 20;
    for (Number how = 0; how < TypeParam::kWaysIn; ++how) {
        const bool quiet = how % 2 == 1;
        TestFixture::another_channel();
        Child writer{[&] {
            auto& out = TestFixture::template ready<typename TypeParam::Out>(
                TestFixture::options(wake::wakeable));
            return TestFixture::quietly([&] {
                for (Number number = 0; !quiet || number < kTimes; ++number) {
                    for (const Patience left;
                         !TestFixture::somebody_sleeps(out, RegionId::wake_data);) {
                        left.poll();
                    }
                    TypeParam::put(out, how, number);
                }
            });
        }};
        Child sleeper{[&] {
            typename TypeParam::In in{channel_name, TestFixture::options(wake::wakeable)};
            for (Number version = 0; !quiet || version < kTimes; version = in.newest()) {
                expect(bool{in.wait_changed(version)});
            }
            return 0;
        }};
        EXPECT_TRUE(this->ends(writer, quiet ? "exit 0" : kMadeACall)) << how;
        if (quiet) {
            EXPECT_TRUE(this->ends(sleeper, "exit 0"));
        }
    }
}

TYPED_TEST(QuietLatest, AnEndIsToldAndTheValueStays) {
    TestFixture::another_channel();
    Child child{[] {
        auto& out = TestFixture::template ready<typename TypeParam::Out>(
            TestFixture::options(wake::wakeable));
        auto& in = TestFixture::template ready<typename TypeParam::In>(
            TestFixture::options(wake::wakeable));
        TypeParam::put(out, 0, 0);
        out.close();
        return TestFixture::quietly([&] {
            expect(bool{TypeParam::load(in, 0, 0)});
            expect(in.wait_changed(1, long_past()) == Status::closed);
            expect(bool{TypeParam::load(in, 0, 0)});
        });
    }};
    EXPECT_TRUE(this->ends(child, "exit 0"));
}

}  // namespace
}  // namespace shunt::process_test
