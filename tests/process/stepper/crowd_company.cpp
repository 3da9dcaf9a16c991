// SPDX-License-Identifier: MIT
#include "process/stepper/crowd_company.hpp"

namespace shunt::stepper {

Missing account_ours(const std::vector<Got>& got, std::uint64_t first, std::uint64_t next) {
    Missing missing;
    std::uint64_t least = first;
    std::vector<std::uint64_t> came;
    for (const Got& one : got) {
        if (one.number >= kThousand) {
            continue;
        }
        const std::string name = "message " + std::to_string(one.number);
        expect(one.number >= first && one.number < next, name + " is none of these");
        expect(std::find(came.begin(), came.end(), one.number) == came.end(), name + " came twice");
        came.push_back(one.number);
        if (one.flagged) {
            missing.flagged.push_back(one.number);
            continue;
        }
        expect(one.number >= least, name + " came too late");
        least = one.number + 1;
    }
    for (std::uint64_t number = first; number < next; ++number) {
        if (std::find(came.begin(), came.end(), number) == came.end()) {
            missing.numbers.push_back(number);
        }
    }
    return missing;
}

void account_victims(const std::vector<Got>& got, const std::vector<ring::Gap>& gaps,
                     const Suspect& suspect) {
    std::uint64_t next = suspect.thousand;
    for (const Got& one : got) {
        if (suspect.thousand == 0 || one.number / kThousand * kThousand != suspect.thousand) {
            continue;
        }
        expect(one.number == next && !one.flagged, "message " + std::to_string(one.number) +
                                                       " of a victim came instead of " +
                                                       std::to_string(next));
        ++next;
    }
    const auto its_gaps = static_cast<std::uint64_t>(
        std::count_if(gaps.begin(), gaps.end(),
                      [&](const ring::Gap& gap) { return gap.owner == suspect.owner(); }));
    expect_within(its_gaps, 0, suspect.most_gaps, "number of gaps with the name of a victim");
    if (suspect.thousand != 0) {
        const std::uint64_t pushed = next - suspect.thousand;
        expect_within(pushed, suspect.acked(), suspect.acked() + suspect.most_pushed,
                      "number of a victim's messages");
        expect(suspect.blocks || pushed + its_gaps >= suspect.seen(),
               "a victim's claim came to nothing");
    }
}

void account_hands(const Missing& missing, const std::vector<Suspect>& suspects) {
    std::uint64_t least_taken = 0;
    std::uint64_t most_taken = 0;
    std::uint64_t most_in_hand = 0;
    std::uint64_t seen = 0;
    for (const Suspect& suspect : suspects) {
        if (suspect.thousand == 0) {
            least_taken += suspect.acked();
            most_taken += suspect.acked() + suspect.most_taken;
            most_in_hand += suspect.most_in_hand;
            seen += suspect.seen();
        }
    }
    expect_within(missing.numbers.size(), least_taken, most_taken,
                  "number of messages that nobody was given");
    expect_within(missing.flagged.size(), 0, most_in_hand, "number of messages that came flagged");
    expect(missing.numbers.size() + missing.flagged.size() >= seen,
           "what a victim has seen comes again, unflagged");
}

void account_oldest(const Missing& missing, std::uint64_t first) {
    std::vector<std::uint64_t> touched = missing.numbers;
    touched.insert(touched.end(), missing.flagged.begin(), missing.flagged.end());
    std::sort(touched.begin(), touched.end());
    for (std::size_t i = 0; i < touched.size(); ++i) {
        expect(touched[i] == first + i,
               "message " + std::to_string(touched[i]) + " is gone or flagged before an older one");
    }
}

Missing account_all(const std::vector<Got>& got, const std::vector<ring::Gap>& gaps,
                    std::uint64_t first, std::uint64_t next, const std::vector<Suspect>& suspects) {
    Missing missing = account_ours(got, first, next);
    account_hands(missing, suspects);
    std::uint64_t most_gaps = 0;
    for (const Suspect& suspect : suspects) {
        account_victims(got, gaps, suspect);
        most_gaps += suspect.most_gaps;
    }
    expect_within(gaps.size(), 0, most_gaps, "number of gaps");
    return missing;
}

}  // namespace shunt::stepper
