// SPDX-License-Identifier: MIT
//
// The writer of a latest value and its readers, as the explorer runs them, with deaths. The writer
// is the publisher of broadcast_program.hpp, watched as there.
//
// Asserted: a reader gets the value of its version, whole; no older one than was the newest when
// its call began, and none that is not there yet, so versions never go back, whoever reads; EMPTY
// is true; LAPPED is told only of a value that was overwritten; a writer's death and its successor
// change none of it.
#pragma once

#include "model/broadcast_program.hpp"
#include "model/broadcast_wake_program.hpp"
#include "unit/core/latest_rig.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace shunt::model {

/// `kTold`: as the ports have it, by write_pos; and as they must not.
template <class P, ring::told kTold = ring::told::by_newest>
struct TypedLatest : TypedLog<P> {
    using Publisher = ring::BroadcastPublisher<Torn, P, kTold>;
    using Reader = ring::LatestReader<Torn, P>;
    TypedLatest(std::uint64_t wanted, std::uint64_t start) : TypedLog<P>{wanted, start} {}
    [[nodiscard]] Publisher publisher() {
        return Publisher{this->slots.data(), this->capacity(), *this->words, this->start_pos};
    }
    [[nodiscard]] Reader reader(std::size_t index) {
        return Reader{this->slots.data(), this->capacity(), *this->words, *this->own[index],
                      this->start_pos};
    }
};

template <class P>
class HeadReader : public ring::LatestBytesReader<P> {
    using Ring = ring::LatestBytesReader<P>;

public:
    explicit HeadReader(Ring ring) : Ring{ring} {}
    [[nodiscard]] Status load(Whole& value) {
        std::size_t size = 0;
        const Status status = Ring::load(head_, size);
        if (status) {
            value = whole_of(std::span{head_}.first(size));
        }
        return status;
    }

private:
    std::array<std::byte, 2 * sizeof(Whole)> head_{};
};

template <class P>
struct HeadLatest : HeadLog<P> {
    using Publisher = HeadPublisher<P, ring::told::by_newest>;
    using Reader = HeadReader<P>;
    HeadLatest(std::uint64_t wanted, std::uint64_t start) : HeadLog<P>{wanted, start} {}
    [[nodiscard]] Publisher publisher() {
        return Publisher{
            {this->slots.data(), this->geometry, sizeof(Whole), *this->words, this->start_pos}};
    }
    [[nodiscard]] Reader reader(std::size_t index) {
        return Reader{{this->slots.data(), this->geometry, sizeof(Whole), *this->words,
                       *this->own[index], this->start_pos}};
    }
};

template <class P, class Rig = TypedLatest<P>>
class LatestProgram : public BroadcastProgram<P, Rig> {
    using Base = BroadcastProgram<P, Rig>;

public:
    using T = typename Rig::Message;
    using Reader = typename Rig::Reader;
    using Reading = Reader;

    explicit LatestProgram(const BroadcastCase& c) : Base{c} {}

    void run(int thread, int) override {
        thread == 0 ? this->publish() : read(static_cast<std::size_t>(thread) - 1);
    }
    std::string finish() override {
        if (this->account().readable != this->end()) {
            return "values are missing";
        }
        if (this->rig().write_pos() != this->end()) {
            return "write_pos is behind in the end";
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(this->the_case().subscribers); ++i) {
            if (this->rig().read_pos(i) != this->end()) {
                return "a reader's word is not what it did";
            }
        }
        return this->rig().guards_whole() ? "" : "written outside of the buffers";
    }

protected:
    using Base::expect;
    using Base::nothing;
    virtual void nothing(std::size_t, Settled<Reader>& reader) {
        reader.settle(1);
        if (!reader->readable()) {
            reader.wait_for_change();
        }
    }

private:
    void read(std::size_t index) {
        Settled<Reader> reader{[&] { return this->rig().reader(index); }};
        while (reader->version() < this->end()) {
            reader.settle();
            const std::uint64_t last = reader->version();
            const std::uint64_t there = this->rig().write_pos();
            T value{};
            const Status status = load(*reader, value);
            const std::uint64_t version = reader->version();
            if (status) {
                expect(value == test::message<T>(version - 1), "a value has other bytes");
                expect(version >= last && version >= there, "an older value than was the newest");
                expect(version <= this->rig().write_pos(), "a value that is not there yet");
            } else if (status == Status::lapped) {
                // Of load() it would be a writer that comes around within each of its copies.
                expect(in_place(), "LAPPED, and the writer was not that fast");
                expect(std::max<std::uint64_t>(there, 1) - 1 + this->rig().capacity() <
                           this->account().begun,
                       "LAPPED, and it was there");
                expect(version == last, "LAPPED, and the version is another");
            } else {
                expect(status == Status::empty, "the reader finds it broken");
                expect(there == 0, "EMPTY, and something was there all the time");
            }
            if (version == last && status != Status::lapped) {
                nothing(index, reader);
            }
        }
    }
    bool in_place() const { return this->the_case().read != Read::pop; }
    Status load(Reader& reader, T& value) {
        if constexpr (!std::is_same_v<T, Whole>) {
            if (in_place()) {
                return load_in_place(reader, value);
            }
        }
        return reader.load(value);
    }
    Status load_in_place(Reader& reader, T& value) {
        const T* place = nullptr;
        if (const Status status = reader.try_peek(place); !status) {
            return status;
        }
        const std::uint64_t buffer =
            static_cast<std::uint64_t>(bytes_of(*place) - this->rig().slot(0)) /
            this->rig().geometry.slot_bytes;
        std::array<std::byte, sizeof(T)> copy{};
        P::copy_out(copy.data(), bytes_of(*place), sizeof(T));
        if (this->the_case().read == Read::valid) {
            const bool valid = reader.still_valid();
            expect(!valid || is_of(this->whole(copy), buffer), "valid, and it has other bytes");
        }
        const Status released = reader.release();
        value = this->whole(copy);
        return released;
    }
    // A value that was stored into that buffer at some time.
    bool is_of(const T& value, std::uint64_t buffer) {
        const std::uint64_t buffers = this->rig().capacity();
        for (std::uint64_t p = this->rig().start_pos; p < this->end(); ++p) {
            if (p % buffers == buffer && value == test::message<T>(p)) {
                return true;
            }
        }
        return false;
    }
};

/// Whose readers sleep, as those of the ports do. A writer that goes on behind another tells of
/// what its constructor found.
template <class P, class Rig = TypedLatest<P>, class Futex = ModelFutex>
class LatestWakeProgram : public BroadcastWakeProgram<P, Futex, LatestProgram<P, Rig>> {
    using Base = BroadcastWakeProgram<P, Futex, LatestProgram<P, Rig>>;

public:
    explicit LatestWakeProgram(const BroadcastCase& c) : Base{c} {}

protected:
    virtual void went_on(Waker<Futex, P>& waker) {
        if (waker.sleepers_fenced() != 0) {
            waker.wake_each();
        }
    }
    typename Rig::Publisher publisher() override {
        const auto made = Base::publisher();
        Waker<Futex, P> waker{this->data()};
        went_on(waker);
        return made;
    }
};

}  // namespace shunt::model
