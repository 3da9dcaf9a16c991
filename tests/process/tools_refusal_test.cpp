// SPDX-License-Identifier: MIT
//
// What `shunt` refuses: each thing with its own exit code and one clear line, and nothing is lost.
#include "process/support/command.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/spsc.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <algorithm>

namespace shunt::process_test {
namespace {

class ToolsRefuse : public testing::Test {
protected:
    ToolsRefuse() { write_file(in_, data_); }

    static void expect(const std::vector<std::string>& args, int exit, const std::string& part) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, exit) << ended.err;
        EXPECT_EQ(ended.out, "");
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
        EXPECT_EQ(ended.err.find("shunt " + args[0]), 0u) << ended.err;
        EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
    }
    // Leaves `bytes` of a stream in the channel, without its end.
    void leave_unfinished(const std::string& channel, std::size_t bytes) {
        Command sender{{"send", channel}, {.feed = true}};
        sender.feed(data_.substr(0, bytes));
        ASSERT_TRUE(until([&] { return unread(channel) >= bytes; })) << sender.err();
        sender.kill();
    }
    [[nodiscard]] static std::size_t unread(const std::string& channel) {
        const Ended info = run({"info", channel, "--json"});
        return info.exit == 0 ? info.document().at("result").at("unread").get<std::size_t>() : 0;
    }
    // Sends the whole file and leaves it in the channel.
    void leave_finished(const std::string& channel) {
        ASSERT_EQ(run({"send", channel, "--file", in_, "--open-timeout", "0"}).exit, 4);
    }

    Place place_;
    const std::string data_ = noise(300'000, 2);
    const std::string in_ = place_.file("in");
    const std::string out_ = place_.file("received");
};

TEST_F(ToolsRefuse, InputThatCannotBeRead) {
    expect({"send", "ch", "--file", in_ + ".not"}, 3, "No such file or directory");
    expect({"send", "ch", "--file", place_.directory()}, 1, "Is a directory");
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsRefuse, ImpossibleChannels) {
    expect({"send", "a/b", "--file", in_}, 2, "a/b");
    expect({"send", "..", "--file", in_}, 2, "..");
    expect({"send", std::string(200, 'x'), "--file", in_}, 2, "");
    expect({"recv", "a/b"}, 2, "a/b");
    expect({"info", "a/b"}, 2, "a/b");
    expect({"send", "ch", "--file", in_, "--capacity", "0"}, 2, "capacity");
    expect({"send", "ch", "--file", in_, "--node", "4711"}, 2, "wanted memory on node 4711");
    expect({"send", "ch", "--file", in_, "--cpu", "8191"}, 2, "cpu 8191");
    expect({"send", "ch", "--file", in_, "--capacity", "2000000G"}, 2, "capacity");
    expect({"send", "ch", "--file", in_, "--capacity", "64K", "--size", "9K"}, 2,
           "--size 9216 does not fit");
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsRefuse, WrongCommandLines) {
    expect({"send"}, 2, "see 'shunt send --help'");
    expect({"send", "ch", "--count", "-1"}, 2, "'-1' is no whole number");
    expect({"send", "ch", "--size", "0", "--count", "1"}, 2, "at least 1");
    expect({"send", "ch", "--count", "9000000000000000000", "--size", "16"}, 2, "beyond 64 bits");
    expect({"send", "ch", "--raw", "--resume"}, 2, "--raw excludes --resume");
    expect({"send", "ch", "--generate", "--file", in_}, 2, "--file excludes --generate");
    expect({"recv", "ch", "--hex", "--append", "--file", out_}, 2, "--append excludes --hex");
    expect({"recv", "ch", "--open-timeout", "nan"}, 2, "'nan' is no number of seconds");
    expect({"send", "ch", "--pages", "3m"}, 2, "'3m' is no page size: write 4k, thp, 2m, 1g");
    expect({"send", "ch", "--node", "all"}, 2, "'all' is no node: write its number, auto");
    expect({"recv", "ch", "--cpu", "0-1"}, 2, "'0-1' is no cpu: write its number");
    expect({"send", "ch", "--size", "12x"}, 2, "'12x' is no size");
    expect({"send", "ch", "--rate", "fast"}, 2, "'fast' is no rate");
    expect({"recv", "ch", "--append"}, 2, "--file");
    expect({"recv", "ch", "--file", "/dev/null", "--append"}, 2, "regular file");
}

TEST_F(ToolsRefuse, SubCommandsThatItDoesNotHave) {
    const auto expect_named = [](const std::vector<std::string>& args, const std::string& error) {
        const Ended ended = run(args);
        EXPECT_EQ(ended.exit, 2);
        EXPECT_EQ(ended.err, error + "\n");
        EXPECT_EQ(ended.out, "");
    };
    expect_named({}, "shunt: a sub-command is missing; see 'shunt --help'");
    expect_named({"frob"}, "shunt: there is no sub-command 'frob'; see 'shunt --help'");
    expect_named({"frob", "--size", "8"},
                 "shunt: there is no sub-command 'frob'; see 'shunt --help'");
    expect_named({"bench"}, "shunt bench: a sub-command is missing; see 'shunt bench --help'");
    expect_named({"bench", "frob"},
                 "shunt bench: there is no sub-command 'frob'; see 'shunt bench --help'");
}

TEST_F(ToolsRefuse, AFreshStreamBehindAnUnfinishedOne) {
    leave_unfinished("ch", 100'000);
    expect({"send", "ch", "--file", in_}, 1, "ends unfinished at byte 100000");
    Command receiver{{"recv", "ch", "--file", out_}};
    EXPECT_EQ(run({"send", "ch", "--file", in_, "--resume"}).exit, 0);
    EXPECT_EQ(receiver.wait().exit, 0);
    EXPECT_TRUE(content_of(out_) == data_);
}

TEST_F(ToolsRefuse, ToResumeWhatWasSentRawOrIsNotTheSameInput) {
    leave_unfinished("ch", 100'000);
    write_file(in_, data_.substr(0, 99'999));
    expect({"send", "ch", "--file", in_, "--resume"}, 6, "100000 bytes were sent before");
    ASSERT_EQ(run({"send", "raw", "--file", in_, "--raw", "--open-timeout", "0"}).exit, 4);
    expect({"send", "raw", "--file", in_, "--resume"}, 1, "was sent raw");
}

TEST_F(ToolsRefuse, AFileThatTheStreamDoesNotGoOnIn) {
    leave_finished("ch");
    write_file(out_, data_.substr(0, 1000));
    ASSERT_EQ(run({"recv", "ch", "--file", out_, "--append", "--count", "1"}).exit, 0);
    // Another file, which lacks what was taken just now.
    const std::string other = place_.file("other");
    write_file(other, "short");
    expect({"recv", "ch", "--file", other, "--append"}, 6, "bytes are missing");
    expect({"recv", "ch", "--file", other}, 6, "add --append");
    EXPECT_EQ(content_of(other), "short");
    EXPECT_EQ(run({"recv", "ch", "--file", out_, "--append"}).exit, 0);
    EXPECT_TRUE(content_of(out_) == data_);
}

TEST_F(ToolsRefuse, AFileThatIsLongerThanTheStream) {
    leave_finished("ch");
    write_file(out_, data_ + "more");
    expect({"recv", "ch", "--file", out_, "--append"}, 6, "end of a stream of 300000 bytes");
    EXPECT_TRUE(content_of(out_) == data_ + "more");
}

TEST_F(ToolsRefuse, AFullDiskAndReleaseNothingThatWasNotWritten) {
    leave_finished("ch");
    const std::size_t before = unread("ch");
    expect({"recv", "ch", "--file", "/dev/full"}, 1, "No space left on device");
    EXPECT_EQ(unread("ch"), before);
    EXPECT_EQ(run({"recv", "ch", "--file", out_}).exit, 0);
    EXPECT_TRUE(content_of(out_) == data_);
}

TEST_F(ToolsRefuse, AClosedOutputAndReleaseNothingThatWasNotWritten) {
    leave_finished("ch");
    const std::size_t before = unread("ch");
    Command receiver{{"recv", "ch"}, {.drain = true}};
    receiver.take_no_more();
    const Ended ended = receiver.wait();
    EXPECT_EQ(ended.exit, 1) << ended.end;
    EXPECT_NE(ended.err.find("its reader has left"), std::string::npos) << ended.err;
    EXPECT_EQ(unread("ch"), before);
    EXPECT_EQ(run({"recv", "ch", "--file", out_}).exit, 0);
    EXPECT_TRUE(content_of(out_) == data_);
}

TEST_F(ToolsRefuse, ASecondSenderAndASecondReceiver) {
    Command sender{{"send", "ch"}, {.feed = true}};
    ASSERT_TRUE(until([&] { return !place_.channels().empty(); }));
    Command receiver{{"recv", "ch", "--file", out_}};
    ASSERT_TRUE(until([&] { return receiver.sleeps_in(SYS_futex); }));
    expect({"send", "ch", "--file", in_}, 1, "process " + std::to_string(sender.pid()));
    expect({"recv", "ch"}, 1, "process " + std::to_string(receiver.pid()));
    sender.feed(data_);
    sender.feed_no_more();
    EXPECT_EQ(sender.wait().exit, 0);
    EXPECT_EQ(receiver.wait().exit, 0);
    EXPECT_TRUE(content_of(out_) == data_);
}

// As a program of one's own may write them by mistake.
TEST_F(ToolsRefuse, StreamsThatNoSendMakes) {
    constexpr std::uint32_t kPiece = 0x7368'01;
    const std::string zero(8, '\0');  // a stream offset
    const auto expect_of = [&](std::vector<std::pair<std::string, std::uint32_t>> messages,
                               const std::string& part) {
        spsc::BytesProducer out("ch", {.pages = pages::base, .linger = linger::none});
        for (const auto& [bytes, type] : messages) {
            ASSERT_TRUE(out.try_push(as_bytes(bytes), type));
        }
        expect({"recv", "ch", "--file", out_}, 6, part);
    };
    expect_of({{zero + "abc", kPiece}, {zero + "abc", kPiece}},
              "starts again at byte 0 where 3 was due");
    EXPECT_EQ(content_of(out_), "abc");
    expect_of({{zero + "abc", kPiece}, {"raw", 0}}, "mixes messages with stream offsets and raw");
    expect_of({{"short", kPiece}}, "a piece without a stream offset");
}

TEST_F(ToolsRefuse, AChannelOfAnotherKind) {
    const spsc::Producer<std::uint64_t> typed("typed", {.pages = pages::base});
    expect({"send", "typed", "--file", in_}, 1, "its kind is spsc, wanted spsc_bytes");
    expect({"recv", "typed"}, 1, "its kind is spsc, wanted spsc_bytes");
}

TEST_F(ToolsRefuse, FilesThatAreNoChannels) {
    write_file(place_.directory() + "/foreign.shunt", "not a channel, but long enough\n");
    write_file(place_.directory() + "/empty.shunt", "");
    expect({"info", "foreign"}, 1, "foreign.shunt");
    expect({"recv", "foreign"}, 1, "foreign.shunt");
    expect({"send", "foreign", "--file", in_}, 1, "foreign.shunt");
    expect({"info", "empty"}, 1, "empty.shunt");
    expect({"info", "nothing"}, 3, "nothing.shunt");
}

TEST_F(ToolsRefuse, ADirectoryThatOthersMayWrite) {
    ASSERT_EQ(::chmod(place_.directory().c_str(), 0777), 0);
    expect({"ls"}, 8, place_.directory());
    expect({"send", "ch", "--file", in_}, 8, place_.directory());
    ASSERT_EQ(::chmod(place_.directory().c_str(), 0700), 0);
}

TEST_F(ToolsRefuse, HugePagesThatAreNotToBeHadWithTheCure) {
    // 2^40 bytes are more than any pool here, mounted or not.
    const Ended ended = run({"send", "ch", "--file", in_, "--pages", "2m", "--capacity", "1024G"});
    EXPECT_EQ(ended.exit, 1) << ended.err;
    EXPECT_NE(ended.err.find("2 MiB pages"), std::string::npos) << ended.err;
    EXPECT_TRUE(ended.err.find("mount") != std::string::npos ||
                ended.err.find("nr_hugepages") != std::string::npos)
        << ended.err;
    EXPECT_TRUE(place_.channels().empty());
}

TEST_F(ToolsRefuse, WithADocumentWhereJsonWasAskedFor) {
    for (const std::vector<std::string>& args :
         {std::vector<std::string>{"info", "nothing", "--json"},
          {"send", "a/b", "--json"},
          {"recv", "ch", "--file", in_ + "/x", "--json"},
          {"bench", "throughput", "--size", "9", "--json"},
          {"ls", "--frobnicate", "--json"}}) {
        const Ended ended = run(args);
        const auto document = ended.document();
        EXPECT_NE(ended.exit, 0);
        EXPECT_EQ(document.at("ok"), false);
        EXPECT_EQ(document.at("exit"), ended.exit);
        EXPECT_NE(ended.err.find(document.at("error").get<std::string>()), std::string::npos)
            << ended.err;
        const std::string schema = document.at("schema").get<std::string>();
        EXPECT_EQ(schema.find("shunt/" + args[0]), 0u) << schema;
    }
}

}  // namespace
}  // namespace shunt::process_test
