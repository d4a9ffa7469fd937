// The page on which a daemon marks its durable steps (base/durable_step.h), seen from outside: which step is under way,
// and how many of each were begun.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

namespace garner::e2e {

enum class Step : std::uint64_t { None, Write, Fsync, Rename, DirectoryFsync, Ledger };
inline constexpr std::array<Step, 5> kSteps = {Step::Write, Step::Fsync, Step::Rename, Step::DirectoryFsync,
                                               Step::Ledger};

std::string_view step_name(Step step);

class StepPage {
 public:
  // Makes the file, zeroed, and maps it.
  explicit StepPage(const std::filesystem::path& file);
  ~StepPage();
  StepPage(const StepPage&) = delete;
  StepPage& operator=(const StepPage&) = delete;

  Step under_way() const;
  std::uint64_t begun(Step step) const;

 private:
  const volatile std::uint64_t* slots_ = nullptr;
};

}  // namespace garner::e2e
