// SPDX-License-Identifier: MIT
#include "tools/src/peers_view.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

using nlohmann::json;

json row(double p50, const char* what) {
    return {
        {"one_way_ns", {{"p50", p50}, {"p99", p50}}},
        {"about", {{"what", what}, {"group", "polls"}, {"oversubscribed", false}, {"copies", 2}}}};
}

TEST(PeersView, SaysWhichRowsCannotBeToldFromShunt) {
    json result = row(100, "");
    result.erase("about");
    result["size"] = 8;
    result["counted"] = 9;
    result["floor_ns"] = {{"two_line", 90}};
    result["peers"] = {{"near", row(101, "a near one")}, {"far", row(200, "a far one")}};
    result["paired"] = {{"near", {{"median", 0.99}, {"no_difference", true}}},
                        {"far", {{"median", 0.5}, {"no_difference", false}}}};
    result["absent"] = json::object();
    const std::string text = peers_text({{"result", result}, {"warnings", json::array()}});
    EXPECT_NE(text.find("a near one (no difference)\n"), std::string::npos) << text;
    EXPECT_NE(text.find("a far one\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace shunt::tools
