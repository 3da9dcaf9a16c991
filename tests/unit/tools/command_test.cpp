// SPDX-License-Identifier: MIT
#include "tools/src/command.hpp"

#include <shunt/core/error.hpp>
#include <shunt_bench/config.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace shunt::tools {
namespace {

TEST(ExitCode, OfAnErrorOfTheLibrary) {
    const auto of = [](Errc code) { return exit_of(make_error_code(code)); };
    EXPECT_EQ(of(Errc::bad_argument), Exit::usage);
    EXPECT_EQ(of(Errc::not_found), Exit::not_found);
    EXPECT_EQ(of(Errc::timed_out), Exit::timed_out);
    EXPECT_EQ(of(Errc::no_permission), Exit::permission);
    EXPECT_EQ(of(Errc::unsafe_directory), Exit::permission);
    EXPECT_EQ(of(Errc::no_huge_pages), Exit::runtime);
}

TEST(ExitCode, OfAnErrorOfTheKernel) {
    const auto of = [](int error) { return exit_of({error, std::system_category()}); };
    EXPECT_EQ(of(EACCES), Exit::permission);
    EXPECT_EQ(of(EPERM), Exit::permission);
    EXPECT_EQ(of(ENOSPC), Exit::runtime);
    EXPECT_EQ(of(ENOENT), Exit::runtime);
}

TEST(OutcomeOfACommand, TakesOverWhyItEnded) {
    const auto after = [](const std::exception& why) {
        Outcome outcome;
        outcome.fail(why);
        EXPECT_EQ(outcome.error, why.what());
        return outcome.exit;
    };
    EXPECT_EQ(after(Failure{Exit::integrity, "lost"}), 6);
    EXPECT_EQ(after(bench::Failure{bench::Exit::refused, "one cpu"}), 7);
    EXPECT_EQ(after(Error{Errc::not_found, "no channel"}), 3);
    EXPECT_EQ(after(std::system_error{EPERM, std::system_category()}), 8);
    EXPECT_EQ(after(std::runtime_error{"anything"}), 1);
}

TEST(CheckOfAnOption, IsTheTextOfTheParserThatRefuses) {
    const auto check = parses([](const std::string& text) {
        if (text == "bad") {
            throw std::invalid_argument{"'bad' is bad"};
        }
        return 1;
    });
    EXPECT_EQ(check("good"), "");
    EXPECT_EQ(check("bad"), "'bad' is bad");
}

TEST(Document, OfAFailureSaysSoWithItsExitCode) {
    Invocation invocation;
    invocation.name = "info";
    Outcome outcome;
    outcome.error = "no channel";
    outcome.exit = 3;
    outcome.result["channel"] = "ch";
    const nlohmann::json document = document_of(invocation, outcome);
    EXPECT_EQ(document.at("schema"), "shunt/info/1");
    EXPECT_EQ(document.at("ok"), false);
    EXPECT_EQ(document.at("exit"), 3);
    EXPECT_EQ(document.at("error"), "no channel");
    EXPECT_EQ(document.at("result").at("channel"), "ch");
}

}  // namespace
}  // namespace shunt::tools
