// SPDX-License-Identifier: MIT
#include "process/support/command.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace shunt::process_test {
namespace {

namespace fs = std::filesystem;

std::string g_folder;  // of the Place that there is

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

std::string fresh(const char* what) {
    static int number = 0;
    return g_folder + "/" + what + std::to_string(number++);
}

FileHandle open_file(const std::string& path, int flags) {
    FileHandle file = FileHandle::open(path.c_str(), flags, 0600);
    if (!file) {
        fail(path);
    }
    return file;
}

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            fail("pipe");
        }
        reader = FileHandle{ends[0]};
        writer = FileHandle{ends[1]};
    }
    FileHandle reader;
    FileHandle writer;
};

int become(const char* program, const std::vector<std::string>& args, const FileHandle& in,
           const FileHandle& out, const FileHandle& err) {
    ::signal(SIGPIPE, SIG_DFL);  // as a shell starts it
    ::dup2(in.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(err.get(), STDERR_FILENO);
    std::vector<char*> words{const_cast<char*>(program)};
    for (const std::string& arg : args) {
        words.push_back(const_cast<char*>(arg.c_str()));
    }
    words.push_back(nullptr);
    ::execv(program, words.data());
    return 127;
}

}  // namespace

nlohmann::json Ended::document() const {
    return nlohmann::json::parse(out);
}

Command::Command(const std::vector<std::string>& args, Streams streams)
    : out_path_{fresh("out")}, err_path_{fresh("err")} {
    FileHandle in;
    FileHandle out;
    if (streams.feed) {
        Pipe pipe;
        in = std::move(pipe.reader);
        in_ = std::move(pipe.writer);
    } else {
        in = open_file("/dev/null", O_RDONLY);
    }
    if (streams.drain) {
        Pipe pipe;
        out = std::move(pipe.writer);
        out_ = std::move(pipe.reader);
    } else {
        out = open_file(out_path_, O_WRONLY | O_CREAT | O_TRUNC);
    }
    const FileHandle err = streams.terminal.empty()
                               ? open_file(err_path_, O_WRONLY | O_CREAT | O_TRUNC)
                               : open_file(streams.terminal, O_WRONLY | O_NOCTTY);
    child_ = Child{[&] { return become(streams.program, args, in, out, err); }};
}

void Command::signal(int number) const noexcept {
    if (pid() > 0) {
        ::kill(pid(), number);
    }
}

Ended Command::wait() {
    Ended ended;
    ended.end = child_.wait();
    if (ended.end.starts_with("exit ")) {
        ended.exit = std::stoi(ended.end.substr(5));
    }
    ended.out = content_of(out_path_);
    ended.err = err();
    return ended;
}

std::string Command::err() const {
    return content_of(err_path_);
}

void Command::feed(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t written = ::write(in_.get(), bytes.data() + done, bytes.size() - done);
        if (written < 0) {
            fail("feeding stdin");
        }
        done += static_cast<std::size_t>(written);
    }
}

void Command::feed_no_more() {
    in_.reset();
}

std::string Command::take(std::size_t bytes) const {
    std::string taken(bytes, '\0');
    std::size_t done = 0;
    for (ssize_t got = 1; done < bytes && got != 0; done += static_cast<std::size_t>(got)) {
        got = ::read(out_.get(), taken.data() + done, bytes - done);
        if (got < 0) {
            fail("reading stdout");
        }
    }
    taken.resize(done);
    return taken;
}

std::string Command::take_all() const {
    std::string all;
    for (std::string part; !(part = take(65536)).empty();) {
        all += part;
    }
    return all;
}

int Command::untaken() const {
    int bytes = 0;
    return ::ioctl(out_.get(), FIONREAD, &bytes) == 0 ? bytes : 0;
}

void Command::take_no_more() {
    out_.reset();
}

Terminal::Terminal() : screen_{FileHandle::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK)} {
    std::array<char, 64> name{};
    if (screen_ && ::grantpt(screen_.get()) == 0 && ::unlockpt(screen_.get()) == 0 &&
        ::ptsname_r(screen_.get(), name.data(), name.size()) == 0) {
        path_ = name.data();
    }
}

const std::string& Terminal::shown() {
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(screen_.get(), part.data(), part.size())) > 0;) {
        shown_.append(part.data(), static_cast<std::size_t>(got));
    }
    return shown_;
}

Ended run(const std::vector<std::string>& args) {
    return Command{args}.wait();
}

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

std::size_t size_of(const std::string& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : static_cast<std::size_t>(size);
}

std::string noise(std::size_t bytes, unsigned seed) {
    std::mt19937_64 random{seed};
    std::string all(bytes, '\0');
    std::generate(all.begin(), all.end(), [&] { return static_cast<char>(random() & 0xff); });
    return all;
}

Place::Place() {
    ::signal(SIGPIPE, SIG_IGN);  // feeding a command that has ended is an error of write()
    (void)own_huge_pages();      // where there are some, killed commands leave theirs there
    g_folder = directory() + "/io";
    fs::create_directory(g_folder);
}

std::string Place::file(const std::string& name) const {
    return g_folder + "/" + name;
}

std::vector<std::string> Place::channels() const {
    std::vector<std::string> names = playground_.files();
    std::erase(names, "io");
    return names;
}

}  // namespace shunt::process_test
