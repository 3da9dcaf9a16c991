// SPDX-License-Identifier: MIT
//
// The environment stamp and the envelope: what every JSON document of the project starts with, so
// that a figure never travels without the machine, the build and the arguments that made it.
#pragma once

#include <shunt_perf/clock.hpp>
#include <shunt_perf/cpus.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace shunt::perf {

/// {version, git, compiler, flags} of this build.
[[nodiscard]] nlohmann::json tool_stamp();

/// Kernel, cpu model, hypervisor, page sizes and pools, online cpus. What the kernel does not show
/// is null.
[[nodiscard]] nlohmann::json host_stamp();

/// One cpu: {cpu, core, package, l2, l3, node, smt_siblings, governor}.
[[nodiscard]] nlohmann::json to_json(const CpuPlace& place);

/// {source, ticks_per_second, step_ticks, read_ns, disagreement_ppm, note}.
[[nodiscard]] nlohmann::json to_json(const Clock& clock);

/// Something that a reader of the result must know. `id` is one word for scripts.
struct Warning {
    std::string id;
    std::string text;
};

/// {schema: "shunt/COMMAND/1", tool, host, args, result, warnings: [{id, msg}], ok}.
[[nodiscard]] nlohmann::json envelope(std::string_view command, nlohmann::json args,
                                      nlohmann::json result,
                                      const std::vector<Warning>& warnings = {}, bool ok = true);

}  // namespace shunt::perf
