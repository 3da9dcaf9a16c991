// SPDX-License-Identifier: MIT
//
// Is a channel that was found the one that a joiner asked for?
#include <shunt/channel/failure.hpp>
#include <shunt/channel/header.hpp>

#include <string>
#include <string_view>

namespace shunt::channel {
namespace {

using layout::Header;
using layout::Kind;

class Comparison {
public:
    Comparison(const Request& request, const std::string& path)
        : asked_{"cannot join channel " + quoted(request.name) + " (" + path + ")"} {}

    void number(Errc code, std::string_view what, std::uint64_t found, std::uint64_t wanted) const {
        if (found != wanted) {
            differ(code, what, std::to_string(found), std::to_string(wanted));
        }
    }

    void text(Errc code, std::string_view what, std::string_view found,
              std::string_view wanted) const {
        if (found != wanted) {
            differ(code, what, found, wanted);
        }
    }

    [[noreturn]] void differ(Errc code, std::string_view what, std::string_view found,
                             std::string_view wanted) const {
        std::string happened = "its ";
        happened += what;
        happened += " is ";
        happened += found;
        happened += ", wanted ";
        happened += wanted;
        fail(code, asked_, happened,
             code == Errc::wrong_type
                 ? "use the element type that it was made with, another name, or, when nobody uses "
                   "it, .existing = existing::replace"
                 : "ask for what it has, use another name, or, when nobody uses it, .existing = "
                   "existing::replace");
    }

private:
    std::string asked_;
};

std::string_view wake_text(std::uint32_t mode) {
    return mode == static_cast<std::uint32_t>(layout::WakeMode::polling) ? "polling" : "wakeable";
}

std::string_view linger_text(std::uint32_t linger) {
    switch (static_cast<layout::Linger>(linger)) {
        case layout::Linger::drained:
            break;
        case layout::Linger::none:
            return "none";
        case layout::Linger::keep:
            return "keep";
    }
    return "drained";
}

std::string_view orphan_text(std::uint32_t policy) {
    return policy == static_cast<std::uint32_t>(on_orphan::drop) ? "drop" : "inherit";
}

void check_name_of_type(const Header& header, const Request& request, const Comparison& compare) {
    if (header.fingerprint != 0 && request.fingerprint != 0 &&
        header.fingerprint != request.fingerprint) {
        compare.differ(Errc::wrong_type, "element type", quoted(header.type_name),
                       quoted(request.type_name));
    }
}

void check_type(const Header& header, const Request& request, const Comparison& compare) {
    compare.number(Errc::wrong_type, "element size in bytes", header.element_bytes,
                   request.element_bytes);
    compare.number(Errc::wrong_type, "element alignment in bytes", header.element_align,
                   request.element_align);
    check_name_of_type(header, request, compare);
}

constexpr std::string_view kTransparent = "2 MiB, transparent";

std::string wanted_pages(pages wanted) {
    switch (wanted) {
        case pages::thp:
            return std::string{kTransparent};
        case pages::huge_2m:
            return bytes_text(kHugePageBytes);
        case pages::huge_1g:
            return bytes_text(kGiganticPageBytes);
        case pages::base:
        case pages::prefer_huge:
            break;
    }
    return bytes_text(kBasePageBytes);
}

void check_pages(const Header& header, const Request& request, const Comparison& compare) {
    if (request.options.pages == pages::prefer_huge) {
        return;
    }
    const std::string found = is_transparent(header)   ? std::string{kTransparent}
                              : has_slots_file(header) ? bytes_text(header.segments[1].page_bytes)
                                                       : bytes_text(kBasePageBytes);
    compare.text(Errc::wrong_geometry, "page size", found, wanted_pages(request.options.pages));
}

void check_node(const Header& header, const Request& request, const Comparison& compare) {
    const std::int32_t wanted = request.options.node;
    if (wanted == node::interleave && asked_node(header) != node::interleave) {
        compare.differ(Errc::wrong_geometry, "memory", "not interleaved", "it over all nodes");
    }
    if (wanted >= 0 && wanted != header.node) {
        compare.differ(Errc::wrong_geometry, "node",
                       header.node < 0 ? "more than one or unknown" : std::to_string(header.node),
                       std::to_string(wanted));
    }
}

}  // namespace

void check_wanted(const Header& header, const Request& request, const std::string& path) {
    const Comparison compare{request, path};
    const Options& options = request.options;
    constexpr Errc kGeometry = Errc::wrong_geometry;
    compare.text(kGeometry, "kind", to_string(static_cast<Kind>(header.kind)),
                 to_string(request.kind));
    if (is_bytes(header)) {
        check_name_of_type(header, request, compare);
        if (options.payload_align != 0) {
            compare.number(kGeometry, "payload alignment", header.element_align,
                           options.payload_align);
        }
        if (options.frame_align != 0) {
            compare.number(kGeometry, "frame alignment", header.frame_align, options.frame_align);
        }
    } else if (has_max_message(header)) {
        if (options.max_message != 0) {
            compare.number(kGeometry, "greatest message in bytes", header.element_bytes,
                           options.max_message);
        }
        if (options.payload_align != 0 && !has_log(header)) {
            compare.number(kGeometry, "payload alignment", header.element_align,
                           options.payload_align);
        }
    } else {
        check_type(header, request, compare);
    }
    if (!request.any_capacity) {
        compare.number(kGeometry, "capacity", header.capacity, request.capacity);
    }
    check_pages(header, request, compare);
    check_node(header, request, compare);
    if (options.wake != wake::wakeable) {
        compare.text(kGeometry, "wake mode", wake_text(header.wake_mode),
                     wake_text(static_cast<std::uint32_t>(options.wake)));
    }
    if (options.linger != linger::drained) {
        compare.text(kGeometry, "linger", linger_text(header.linger),
                     linger_text(static_cast<std::uint32_t>(options.linger)));
    }
    if (options.on_orphan != on_orphan::inherit) {
        compare.text(kGeometry, "on_orphan", orphan_text(header.on_orphan),
                     orphan_text(static_cast<std::uint32_t>(options.on_orphan)));
    }
    if (options.ports != 0) {
        const bool by_lanes = has_lanes(header) && !has_log_lanes(header);
        const std::uint32_t apart = by_lanes ? layout::kFirstSharedSeat : 0;
        compare.number(kGeometry, apart != 0 ? "number of lanes" : "number of ports",
                       header.ports - apart, options.ports - apart);
    }
    if (has_log_lanes(header) && options.lanes != 0) {
        compare.number(kGeometry, "number of lanes", header.lanes, options.lanes);
    }
    if (options.start_pos != 0) {
        compare.number(kGeometry, "start position", header.start_pos, options.start_pos);
    }
    if (const std::uint32_t least = request.least_seat(); least >= header.ports) {
        compare.differ(kGeometry, "number of ports", std::to_string(header.ports),
                       "more than seat " + std::to_string(least));
    }
}

}  // namespace shunt::channel
