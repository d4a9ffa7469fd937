// The steps of a publication: their order, their number, and a disk that is full.
#include "output/publish.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/durable_step.h"
#include "fixture.h"

namespace garner::output {
namespace {

namespace fs = std::filesystem;

constexpr int kSkipped = 77;

// Runs call in a child process and tells its exit status.
int in_child(const std::function<int()>& call) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(call());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// A name space in which this process may mount; false if the system does not let it.
bool own_mounts() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) != 0) return false;
  if (uid != 0) {
    spill("/proc/self/setgroups", "deny");
    spill("/proc/self/uid_map", fmt::format("{} {} 1", uid, uid));
    spill("/proc/self/gid_map", fmt::format("{} {} 1", gid, gid));
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

class Publish : public OutputTest {};

struct Steps {
  std::uint64_t writes = 0, fsyncs = 0, renames = 0, directory_fsyncs = 0;
};

// Counts the durable steps of call, in a child with GARNER_STEP_TRACE.
Steps count_steps(const fs::path& trace, const std::function<bool()>& call) {
  const int status = in_child([&] {
    ::setenv("GARNER_STEP_TRACE", trace.c_str(), 1);
    trace_durable_steps_from_environment();
    return call() ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  const std::string bytes = slurp(trace);
  std::array<std::uint64_t, 6> slots{};
  std::memcpy(slots.data(), bytes.data(), sizeof slots);
  EXPECT_EQ(slots[0], 0u) << "a step is still under way";
  return {slots[1], slots[2], slots[3], slots[4]};
}

TEST_F(Publish, TakesOneFsyncOneRenameAndOneDirectoryFsyncAPackOnceItsFoldersAreThere) {
  start({LayoutKind::TarZst});
  publish({"RVS", 0, 0}, members_for(spec_, 10));
  layout_ = make_layout(spec_);
  const auto first =
      count_steps(base_ / "trace1", [&] { return publish({"RVS", 1, 0}, members_for(spec_, 10)).products == 10; });
  EXPECT_GE(first.writes, 1u);
  EXPECT_EQ(first.fsyncs, 1u);
  EXPECT_EQ(first.renames, 1u);
  // RVS and RVS/0000 are not yet known to be durable to a new process: their parents are fsynced once more.
  EXPECT_EQ(first.directory_fsyncs, 3u);

  const auto both = count_steps(base_ / "trace2", [&] {
    return publish({"RVS", 1, 0}, members_for(spec_, 10)).products == 10 &&
           publish({"RVS", 2, 0}, members_for(spec_, 10)).products == 10;
  });
  EXPECT_EQ(both.directory_fsyncs, 4u);
}

TEST_F(Publish, FsyncsEveryFileAndEveryDistinctFolderOfLayoutFilesOnce) {
  start({LayoutKind::Files});
  const auto members = members_for(spec_, 100);
  const auto steps = count_steps(base_ / "trace", [&] { return publish({"RVS", 0, 0}, members).products == 100; });
  EXPECT_EQ(steps.fsyncs, 101u);  // and the checksum list
  EXPECT_EQ(steps.renames, 101u);
  std::set<fs::path> folders, parents;
  for (const auto& file : visible()) folders.insert(fs::path(file).parent_path());
  for (const auto& folder : folders) {
    for (fs::path at = folder; !at.empty(); at = at.parent_path()) parents.insert(at);
  }
  // A fsync a folder with new files, one a new folder in its parent; the list's own: .garner, checksums, RVS, 0000 and
  // the file.
  EXPECT_EQ(steps.directory_fsyncs, folders.size() + parents.size() + 5);
}

TEST_F(Publish, ReportsAFullDiskAndLeavesNothingBehind) {
  const int status = in_child([&] {
    if (!own_mounts()) return kSkipped;
    fs::create_directory(base_ / "small");
    if (::mount("tmpfs", (base_ / "small").c_str(), "tmpfs", 0, "size=256k") != 0) return kSkipped;
    directory_ = base_ / "small" / "out";
    const std::string noise = [] {
      std::string bytes(1u << 20, '\0');
      std::uint32_t state = 1;
      for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
      return bytes;
    }();
    for (const auto layout : {LayoutKind::Zip, LayoutKind::Files, LayoutKind::TarZst}) {
      OutputSpec spec = spec_for({layout});
      if (!prepare_output(spec, "m", "c")) return 1;
      const auto made = make_layout(spec);
      auto writer = made->begin({"RVS", 0, 0});
      if (!writer) return 2;
      Result<void> added = (*writer)->add({"RVS-Gaia DR3 1.xml", SourceId{1}, as_bytes(noise)});
      Error error;
      if (!added) {
        error = added.error();
      } else {
        const auto published = (*writer)->publish(as_bytes(noise), {});
        if (published) return 3;
        error = published.error();
      }
      if (error.kind != Kind::DiskFull) return 4;
      if (error.detail.find(directory_.string()) == std::string::npos) return 5;
      writer->reset();
      spec_ = spec;
      if (!visible().empty() || temp_files() != 0) return 6;
    }
    return 0;
  });
  if (status == kSkipped) GTEST_SKIP() << "this user may not mount a tmpfs, even in a name space of its own";
  EXPECT_EQ(status, 0);
}

TEST_F(Publish, ReplacesAFileWithoutEverShowingHalfOfIt) {
  start({LayoutKind::Zip});
  OutputTree tree(spec_);
  ASSERT_GOOD(publish_text(tree, "first", "NOTE"));
  auto folder = open_temp_folder(tree);
  ASSERT_GOOD(folder);
  auto file = TempFile::create(*folder);
  ASSERT_GOOD(file);
  ASSERT_GOOD(file->append(as_bytes("second")));
  EXPECT_EQ(slurp(directory_ / "NOTE"), "first");
  ASSERT_GOOD(output::publish(tree, *file, "NOTE"));
  EXPECT_EQ(slurp(directory_ / "NOTE"), "second");
  EXPECT_EQ(to_hex(file->hash()), to_hex(sha256(as_bytes("second"))));
}

TEST_F(Publish, HashesAsTheStandardSays) {
  // FIPS 180-4, the examples of NIST for "abc" and the empty text.
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(parse_hex(to_hex(sha256({}))), sha256({}));
  EXPECT_FALSE(parse_hex("E3b0").has_value());
}

}  // namespace
}  // namespace garner::output
