// SPDX-License-Identifier: MIT
//
// shunt send --kind mpsc and shunt recv --split: several senders, a file each, exact whoever is
// killed and restarted.
#include "process/support/command.hpp"
#include "process/support/company.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <filesystem>
#include <set>

namespace shunt::process_test {
namespace {

class ToolsGather : public testing::Test {
protected:
    ToolsGather() {
        for (std::size_t i = 0; i < 4; ++i) {
            data_.push_back(noise(1'000'000 + 7 * i, static_cast<unsigned>(i) + 1));
            write_file(in(i), data_.back());
        }
    }
    [[nodiscard]] std::string in(std::size_t i) const {
        return place_.file("in" + std::to_string(i));
    }
    static void expect_success(Command& each) {
        const Ended ended = each.wait();
        EXPECT_EQ(ended.exit, 0) << ended.err;
        EXPECT_EQ(ended.err, "");
    }
    [[nodiscard]] std::vector<std::string> received() const {
        std::vector<std::string> files;
        if (std::filesystem::exists(out_)) {
            for (const auto& entry : std::filesystem::directory_iterator{out_}) {
                files.push_back(entry.path().string());
            }
        }
        return files;
    }
    // In some order: one file for each sender's input.
    void expect_exact(std::size_t senders) {
        std::multiset<std::string> wanted{data_.begin(),
                                          data_.begin() + static_cast<std::ptrdiff_t>(senders)};
        const std::vector<std::string> files = received();
        EXPECT_EQ(files.size(), senders);
        for (const std::string& file : files) {
            const auto found = wanted.find(content_of(file));
            EXPECT_TRUE(found != wanted.end()) << file << " has " << size_of(file) << " bytes";
            if (found != wanted.end()) {
                wanted.erase(found);
            }
        }
        EXPECT_EQ(place_.channels(), std::vector<std::string>{});
    }

    Place place_;
    std::vector<std::string> data_;
    const std::string out_ = place_.file("received");
};

TEST_F(ToolsGather, FourSendersAFileEach) {
    std::deque<Command> senders;
    for (std::size_t i = 0; i < 4; ++i) {
        senders.emplace_back(
            std::vector<std::string>{"send", "ch", "--kind", "mpsc", "--file", in(i)});
    }
    Command receiver{{"recv", "ch", "--split", out_, "--streams", "4"}};
    expect_success(receiver);
    for (Command& sender : senders) {
        expect_success(sender);
    }
    expect_exact(4);
}

TEST_F(ToolsGather, ALaneThatWasReadGoesToTheNextSenderAndItsFileIsAnother) {
    Command receiver{{"recv", "ch", "--split", out_, "--streams", "4", "--open-timeout", "20"}};
    for (std::size_t i = 0; i < 4; ++i) {
        Command sender{{"send", "ch", "--kind", "mpsc", "--lanes", "1", "--file", in(i)}};
        expect_success(sender);
    }
    expect_success(receiver);
    expect_exact(4);
}

TEST_F(ToolsGather, AReceiverThatWasKilledGoesOnInTheSameFiles) {
    Command one{{"send", "ch", "--kind", "mpsc"}, {.feed = true}};
    Command other{{"send", "ch", "--kind", "mpsc"}, {.feed = true}};
    const std::size_t part = 200'000;
    std::uint64_t fed = 0;
    for (std::size_t round = 0; round < 3; ++round) {
        Command receiver{{"recv", "ch", "--split", out_, "--append"}};
        one.feed(data_[0].substr(round * part, part));
        other.feed(data_[1].substr(round * part, part));
        // Anywhere between its first byte and its last.
        ASSERT_TRUE(until([&] {
            std::uint64_t all = 0;
            for (const std::string& file : received()) {
                all += size_of(file);
            }
            return all > fed;
        })) << receiver.err();
        fed += 2 * part;
        receiver.kill();
    }
    Command receiver{{"recv", "ch", "--split", out_, "--append"}};
    one.feed(data_[0].substr(3 * part));
    other.feed(data_[1].substr(3 * part));
    one.feed_no_more();
    other.feed_no_more();
    expect_success(receiver);
    expect_success(one);
    expect_success(other);
    expect_exact(2);
}

TEST_F(ToolsGather, SaysOfEachStreamWhatCame) {
    Command sender{{"send", "ch", "--kind", "mpsc", "--file", in(0)}};
    Ended receiver = run({"recv", "ch", "--split", out_, "--json"});
    EXPECT_EQ(receiver.exit, 0) << receiver.err;
    const auto result = receiver.document().at("result");
    expect_success(sender);
    ASSERT_EQ(result.at("streams").size(), 1u);
    const auto& stream = result.at("streams").at(0);
    EXPECT_EQ(stream.at("total"), data_[0].size());
    EXPECT_EQ(stream.at("lane"), 0);
    EXPECT_TRUE(stream.at("complete"));
    EXPECT_TRUE(content_of(stream.at("file")) == data_[0]);
    EXPECT_EQ(result.at("bytes"), data_[0].size());
}

TEST_F(ToolsGather, AStreamWhoseSenderWasKilledIsNamedAsUnfinished) {
    Command sender{{"send", "ch", "--kind", "mpsc"}, {.feed = true}};
    sender.feed(data_[0].substr(0, 100'000));
    Command receiver{{"recv", "ch", "--split", out_, "--peer-timeout", "0.05"}};
    ASSERT_TRUE(until([&] {
        const std::vector<std::string> files = received();
        return !files.empty() && size_of(files[0]) == 100'000;
    }));
    sender.kill();
    const Ended ended = receiver.wait();
    EXPECT_EQ(ended.exit, 4);
    EXPECT_NE(ended.err.find("lane-00."), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("unfinished at byte 100000"), std::string::npos) << ended.err;
}

TEST_F(ToolsGather, OneOutputCannotHoldTheStreamsOfTwoSenders) {
    Command one{{"send", "ch", "--kind", "mpsc"}, {.feed = true}};
    Command other{{"send", "ch", "--kind", "mpsc"}, {.feed = true}};
    one.feed("one");
    other.feed("other");
    const Ended ended = run({"recv", "ch"});
    EXPECT_EQ(ended.exit, 6);
    EXPECT_NE(ended.err.find("--split DIR"), std::string::npos) << ended.err;
    one.kill();
    other.kill();
}

TEST_F(ToolsGather, TakesTheKindFromTheChannelAndRefusesAnother) {
    Command first{{"send", "ch", "--kind", "mpsc", "--file", in(0)}};
    ASSERT_TRUE(until([&] { return !place_.channels().empty(); }));
    const Ended wrong = run({"send", "ch", "--kind", "spsc", "--file", in(1)});
    EXPECT_EQ(wrong.exit, 1);
    EXPECT_NE(wrong.err.find("kind is mpsc_bytes, wanted spsc_bytes"), std::string::npos)
        << wrong.err;
    Command second{{"send", "ch", "--file", in(1)}};
    Command receiver{{"recv", "ch", "--split", out_, "--streams", "2"}};
    expect_success(receiver);
    expect_success(first);
    expect_success(second);
    expect_exact(2);
}

TEST_F(ToolsGather, RefusesWhatDoesNotBelongToIt) {
    const auto refused = [](const std::vector<std::string>& args, const std::string& part) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 2);
        EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
    };
    refused({"send", "ch", "--kind", "mpsc", "--resume", "--file", in(0)}, "--resume");
    refused({"send", "ch", "--lanes", "3", "--file", in(0)}, "--kind mpsc");
    refused({"send", "ch", "--kind", "many", "--file", in(0)}, "'many' is no kind");
    refused({"recv", "ch", "--split", out_, "--file", in(0)}, "excludes");
    refused({"recv", "ch", "--streams", "2"}, "--split");
    const Ended missing = run({"recv", "ch", "--split", "/proc/nothing"});
    EXPECT_EQ(missing.exit, 1);
    EXPECT_NE(missing.err.find("cannot make folder '/proc/nothing'"), std::string::npos)
        << missing.err;
    EXPECT_EQ(place_.channels(), std::vector<std::string>{});
}

}  // namespace
}  // namespace shunt::process_test
