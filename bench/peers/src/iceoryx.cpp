// SPDX-License-Identifier: MIT
//
// With a daemon of its own, which is there as long as this program is.
#include "bench/peers/src/helpers.hpp"
#include "bench/peers/src/keeper.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <iceoryx_hoofs/error_handling/error_handling.hpp>
#include <iceoryx_hoofs/log/logmanager.hpp>
#include <iceoryx_posh/iceoryx_posh_config.hpp>
#include <iceoryx_posh/internal/roudi/roudi.hpp>
#include <iceoryx_posh/popo/untyped_publisher.hpp>
#include <iceoryx_posh/popo/untyped_subscriber.hpp>
#include <iceoryx_posh/roudi/iceoryx_roudi_components.hpp>
#include <iceoryx_posh/runtime/posh_runtime.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <atomic>
#include <chrono>
#include <memory>

namespace shunt::peers {
namespace {

constexpr std::uint64_t kMessages = 256;  // the most that a subscriber's queue holds
constexpr std::uint32_t kChunks = 1024;
constexpr std::uint64_t kDaemonBytes = std::uint64_t{80} << 20;  // of its memory, and some more
constexpr std::chrono::seconds kPatience{20};

void be_quiet() {
    iox::log::LogManager::GetLogManager().SetDefaultLogLevel(
        iox::log::LogLevel::kOff, iox::log::LogLevelOutput::kHideLogLevel);
}

// RouDi, in the process of its own.
struct Daemon {
    static iox::RouDiConfig_t config() {
        iox::mepoo::MePooConfig pools;
        pools.addMemPool({256, kChunks});
        pools.addMemPool({4608, kChunks});
        const auto group = iox::posix::PosixGroup::getGroupOfCurrentProcess().getName();
        iox::RouDiConfig_t config;
        config.m_sharedMemorySegments.push_back({group, group, pools});
        return config;
    }

    iox::roudi::IceOryxRouDiComponents parts{config()};
    // A process of an earlier repeat is gone without a word; its name is taken over by the next.
    iox::roudi::RouDi daemon{
        parts.rouDiMemoryManager, parts.portManager,
        iox::roudi::RouDi::RoudiStartupParameters{iox::roudi::MonitoringMode::OFF, false}};
};

std::unique_ptr<Daemon>& daemon() {
    static std::unique_ptr<Daemon> one;
    return one;
}

std::atomic<bool> started{false};  // the daemon: its threads may meet an error from here on

// Of both sides' runtimes, less the side; by the parent first, whose id is in it.
const std::string& name() {
    static const std::string one = "shunt-peers-" + std::to_string(::getpid());
    return one;
}

// What the daemon makes, and its destructors remove.
void remove_what_is_left() {
    ::shm_unlink(iox::roudi::SHM_NAME);
    ::shm_unlink(iox::posix::PosixGroup::getGroupOfCurrentProcess().getName().c_str());
    const std::string socket =
        std::string{iox::platform::IOX_UDS_SOCKET_PATH_PREFIX} + iox::roudi::IPC_CHANNEL_ROUDI_NAME;
    const std::string locks = iox::platform::IOX_LOCK_FILE_PATH_PREFIX;
    for (const std::string& path : {socket, locks + iox::roudi::IPC_CHANNEL_ROUDI_NAME + ".lock",
                                    locks + iox::roudi::ROUDI_LOCK_NAME + ".lock"}) {
        ::unlink(path.c_str());
    }
}

int start() {
    struct statvfs memory {};
    if (::statvfs("/dev/shm", &memory) == 0 && memory.f_bavail * memory.f_frsize < kDaemonBytes) {
        Keeper::refuse(
            "less than 80 MiB are free in /dev/shm");  // it would die, and leave it there
    }
    be_quiet();
    const FileHandle nowhere = FileHandle::open("/dev/null", O_WRONLY, 0);
    for (const int told : {STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(nowhere.get(), told);  // of its memory, also where it is to be quiet
    }
    // For as long as this process lives. What a process leaves that is killed amid a call, a
    // registration or a look at a chunk, are errors to the daemon: severe ones, at which it goes on
    // where asserts are not compiled, and fatal ones, when it takes its memory apart.
    static const auto handler = iox::ErrorHandler::setTemporaryErrorHandler(
        [](const iox::Error error, const std::function<void()>&, const iox::ErrorLevel level) {
            if (!started && level != iox::ErrorLevel::MODERATE) {
                Keeper::refuse(iox::ErrorHandler::toString(error));
            }
            if (level == iox::ErrorLevel::FATAL) {
                remove_what_is_left();
                ::_exit(1);
            }
        });
    daemon() = std::make_unique<Daemon>();
    started = true;
    return 0;
}

// The sockets first: whoever has them has ended by now, and without a word.
void stop(int /*id*/) {
    for (const char* const side : {"-0", "-1"}) {
        const std::string socket = iox::platform::IOX_UDS_SOCKET_PATH_PREFIX + name() + side;
        ::unlink(socket.c_str());
        const std::string lock = iox::platform::IOX_LOCK_FILE_PATH_PREFIX + name() + side + ".lock";
        ::unlink(lock.c_str());
    }
    daemon().reset();
}

class Way : public PlainWay {
public:
    Way() : roudi_{(name(), "RouDi"), start, stop} {}

    void open(bench::Stage& stage, std::byte* /*memory*/) {
        const HelpersElsewhere elsewhere{stage.task()};
        be_quiet();
        iox::runtime::PoshRuntime::initRuntime(text<iox::RuntimeName_t>(name() + side(stage)));
        iox::popo::PublisherOptions publishes;
        publishes.subscriberTooSlowPolicy = iox::popo::ConsumerTooSlowPolicy::WAIT_FOR_CONSUMER;
        iox::popo::SubscriberOptions subscribes;
        subscribes.queueCapacity = kMessages;
        subscribes.queueFullPolicy = iox::popo::QueueFullPolicy::BLOCK_PRODUCER;
        out_.emplace(service(stage, side(stage)), publishes);
        in_.emplace(service(stage, stage.first() ? "-1" : "-0"), subscribes);
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (!out_->hasSubscribers() ||
               in_->getSubscriptionState() != iox::SubscribeState::SUBSCRIBED) {
            if (std::chrono::steady_clock::now() > until) {
                failed("iceoryx", "a publisher and its subscriber have not found each other");
            }
            ::sched_yield();
        }
        stage.meet();
    }
    void close() {
        out_.reset();
        in_.reset();
    }
    /// Null: none now.
    std::byte* loan(std::size_t size) {
        auto loaned = out_->loan(static_cast<std::uint32_t>(size));
        return loaned.has_error() ? nullptr : static_cast<std::byte*>(loaned.value());
    }
    void publish(std::byte* chunk) { out_->publish(chunk); }
    const std::byte* take() {
        auto taken = in_->take();
        return taken.has_error() ? nullptr : static_cast<const std::byte*>(taken.value());
    }
    void release(const std::byte* chunk) { in_->release(chunk); }

private:
    template <class Text>
    static Text text(const std::string& from) {
        return Text{iox::cxx::TruncateToCapacity, from};
    }
    static std::string side(const bench::Stage& stage) { return stage.first() ? "-0" : "-1"; }
    static iox::capro::ServiceDescription service(const bench::Stage& stage,
                                                  const std::string& writer) {
        return {"shunt", "peers", text<iox::capro::IdString_t>(stage.task().channel + writer)};
    }

    Keeper roudi_;
    std::optional<iox::popo::UntypedPublisher> out_;
    std::optional<iox::popo::UntypedSubscriber> in_;
};

// Messages are written into its memory and read there.
class Link {
public:
    static constexpr bool kBatches = false;

    Link(Way& way, const bench::Stage& /*stage*/, const bench::Task& task)
        : way_{way}, size_{task.size}, fields_{task.fields} {}
    void prepare(std::uint64_t /*seq*/) noexcept {}
    bool try_send(std::uint64_t seq) {
        std::byte* const chunk = way_.loan(size_);
        if (chunk == nullptr) {
            return false;
        }
        bench::write(chunk, size_, seq, fields_);
        way_.publish(chunk);
        return true;
    }
    bool try_receive(std::uint64_t& seq) {
        const std::byte* const chunk = way_.take();
        if (chunk == nullptr) {
            return false;
        }
        seq = bench::read(chunk, size_);
        way_.release(chunk);
        return true;
    }

private:
    Way& way_;
    std::size_t size_;
    unsigned fields_;
};

constexpr bench::Contender kContender{
    "iceoryx", check<Way>, [](const bench::Task&) { return Way::bytes(); }, run_by<Way, Link>};

}  // namespace

const Peer kIceoryx{.key = "iceoryx",
                    .what = "iceoryx publisher and subscriber, in place, polled with take()",
                    .waits = Waits::busy,
                    .copies = 0,
                    .capacity = "256 messages",
                    .order = "in order; a writer waits for room",
                    .settings =
                        "history 0, WAIT_FOR_CONSUMER; a daemon of its own (RouDi), which "
                        "monitors nobody",
                    .version = SHUNT_PEER_VERSION,
                    .contender = &kContender,
                    .absent = absence<Way>,
                    .helper_threads = 8,
                    .helpers = "one in each process, and a daemon of six"};

}  // namespace shunt::peers
