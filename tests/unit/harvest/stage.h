// The engine on a stage: virtual time, a ledger in memory, an archive whose truth and weather the test decides, an output that only remembers.
#pragma once

#include <map>
#include <random>
#include <set>

#include "../support/memory_ledger.h"
#include "../support/virtual_loop.h"
#include "harvest/engine.h"

namespace garner::testing {

// Which products exist, and what was done about them.
struct Truth {
  using Key = std::pair<std::string, SourceId>;  // retrieval_type, id
  std::set<Key> missing;                         // the archive holds nothing for it
  std::map<Key, int> asked;
  std::map<Key, int> published;                  // by a settled or unsettled pack
  std::set<Key> asked_after_delivery;
};

// What the archive does with a request: nothing means that it answers well.
using Weather = std::function<std::optional<Error>(const archive::ChunkRequest&)>;

class StageArchive final : public archive::Archive {
 public:
  StageArchive(Executor& executor, Truth& truth, const Weather& weather, archive::Profile profile)
      : executor_(executor), truth_(truth), weather_(weather), profile_(std::move(profile)) {}

  Task<Result<http::Body>> fetch(archive::ChunkRequest request, std::stop_token stop) override {
    ++in_flight;
    highest = std::max(highest, in_flight);
    ++requests;
    for (const SourceId id : request.ids) ++truth_.asked[{request.retrieval_type, id}];
    spellings.insert(request.structure_spelling);
    auto waited = co_await sleep_for(executor_, latency, stop);
    --in_flight;
    if (!waited) co_return std::unexpected(waited.error());
    if (auto error = weather_(request)) co_return std::unexpected(*error);
    http::Body body(std::make_shared<http::MemoryBudget>(1 << 20), {}, 1 << 20);
    const std::string text = request.retrieval_type;
    if (auto added = body.append(std::as_bytes(std::span(text))); !added) co_return std::unexpected(added.error());
    if (auto ended = body.finish(); !ended) co_return std::unexpected(ended.error());
    co_return std::move(body);
  }
  const archive::Profile& profile() const override { return profile_; }
  std::string identity() const override { return "anonymous"; }

  Duration latency = std::chrono::seconds(1);
  int in_flight = 0, highest = 0, requests = 0;
  std::set<std::string> spellings;

 private:
  Executor& executor_;
  Truth& truth_;
  const Weather& weather_;
  archive::Profile profile_;
};

class StageWriter final : public output::PackWriter {
 public:
  StageWriter(Truth& truth, std::string type) : truth_(truth), type_(std::move(type)) {}
  Result<void> add(const product::Product& product) override {
    ids_.push_back(*product.id);
    return {};
  }
  Result<ledger::Pack> publish(std::span<const std::byte>, std::span<const SourceId>) override {
    for (const SourceId id : ids_) ++truth_.published[{type_, id}];
    return ledger::Pack{0, {}, ids_.size() * 100, static_cast<std::uint32_t>(ids_.size())};
  }

 private:
  Truth& truth_;
  std::string type_;
  std::vector<SourceId> ids_;
};

class StageLayout final : public output::Layout {
 public:
  explicit StageLayout(Truth& truth) : truth_(truth) {}
  Result<std::unique_ptr<output::PackWriter>> begin(const output::PackKey& key) override {
    return std::make_unique<StageWriter>(truth_, key.retrieval_type);
  }
  Result<void> discard(const output::PackKey&, std::span<const SourceId>) override { return {}; }
  Result<std::vector<output::ProductPlace>> list(const output::PackKey&) override { return std::vector<output::ProductPlace>{}; }
  Result<std::string> read(const output::PackKey&, SourceId) override { return std::string(); }
  Result<std::vector<std::pair<std::string, std::string>>> checksums(const output::PackKey&, const ledger::Pack&) override {
    return std::vector<std::pair<std::string, std::string>>{};
  }
  Result<std::vector<std::string>> verify(const output::PackKey&, const ledger::Pack&) override { return std::vector<std::string>{}; }

 private:
  Truth& truth_;
};

class Stage {
 public:
  explicit Stage(std::uint64_t seed = 1) : seed_(seed) {
    profile.name = "gaia";
    profile.title = "Stage Archive";
    profile.releases = {{"Gaia DR3", {{"RVS"}, {"XP_SAMPLED"}}}};
  }
  ~Stage() { end_engine(); }

  // Ids 1000, 1001, … in a committed harvest.
  ledger::HarvestRecord make_harvest(const std::string& name, std::uint64_t sources, std::uint32_t chunk_size,
                                     std::vector<std::string> types = {"RVS", "XP_SAMPLED"}) {
    auto intake = *ledger.begin_intake(chunk_size);
    std::vector<SourceId> ids;
    for (std::uint64_t i = 0; i < sources; ++i) ids.push_back(SourceId{1000 + i});
    EXPECT_TRUE(intake->add(ids));
    ledger::HarvestRecord record;
    record.name = name;
    record.manifest = fmt::format(
        "harvest: {}\narchive: gaia\nrelease: Gaia DR3\nsources: {{file: ids.txt}}\nretrieval_types: [{}]\n"
        "output: {{directory: /out/{}, layout: zip}}\n",
        name, fmt::join(types, ", "), name);
    record.output_directory = "/out/" + name;
    record.retrieval_types = std::move(types);
    record.chunk_size = chunk_size;
    return *intake->commit(record);
  }

  void start_engine() {
    engine = std::make_unique<harvest::Engine>(world());
    await(engine->start());
  }
  // As a daemon that is told to end; what it knew in memory is gone.
  void end_engine() {
    if (!engine) return;
    tasks_.spawn(stop());
    loop.run_until([this] { return tasks_.running() == 0; });
    engine.reset();
    archive = nullptr;
  }
  template <class T>
  Result<T> await(Task<Result<T>> task) {
    std::optional<Result<T>> out;
    tasks_.spawn(keep(std::move(task), &out));
    EXPECT_TRUE(loop.run_until([&] { return out.has_value(); }));
    return std::move(*out);
  }
  harvest::HarvestStatus status(const std::string& name) { return *engine->status(name); }
  bool run_until_state(const std::string& name, const std::string& state, Duration most = std::chrono::hours(200)) {
    const SteadyTime end = loop.now() + most;
    return loop.run_until([&] { return status(name).state == state || loop.now() > end; }) && status(name).state == state;
  }

  VirtualLoop loop;
  InlineWorkers workers{loop};
  MemoryLedger ledger;
  Truth truth;
  Weather weather = [](const archive::ChunkRequest&) { return std::nullopt; };
  archive::Profile profile;
  std::unique_ptr<harvest::Engine> engine;
  StageArchive* archive = nullptr;   // while the engine runs
  int indexes_written = 0;
  std::function<Result<void>()> prepare = [] { return Result<void>{}; };

 private:
  template <class T>
  static Task<void> keep(Task<Result<T>> task, std::optional<Result<T>>* out) {
    out->emplace(co_await task);
  }
  Task<void> stop() { co_await engine->stop(loop.now() + std::chrono::seconds(30)); }

  harvest::World world() {
    return {
        .executor = loop,
        .workers = workers,
        .ledger = ledger,
        .budget = std::make_shared<http::MemoryBudget>(1 << 20),
        .open_archive = [this](const std::string&) -> Result<std::unique_ptr<archive::Archive>> {
          auto opened = std::make_unique<StageArchive>(loop, truth, weather, profile);
          archive = opened.get();
          return opened;
        },
        .make_layout = [this](const output::OutputSpec&) { return std::make_unique<StageLayout>(truth); },
        .prepare_output = [this](const output::OutputSpec&, std::string_view, std::string_view, bool) { return prepare(); },
        .write_indexes = [this](const output::OutputSpec&, output::Layout&, const output::EachPack&) -> Result<void> {
          ++indexes_written;
          return {};
        },
        .read_reply = [this](std::span<const std::byte>, const product::Asked& asked,
                             product::ProductSink& sink) -> Result<product::Contents> {
          product::Contents contents;
          for (const SourceId id : asked.ids) {
            const bool there = !truth.missing.contains({asked.retrieval_type, id});
            contents.found.push_back(there);
            if (!there) continue;
            ++contents.products;
            if (auto added = sink.add({"product", id, {}}); !added) return std::unexpected(added.error());
          }
          return contents;
        },
        .find_group = [](const std::string&) { return std::nullopt; },
        .seed = seed_,
        .in_flight_most = {},
    };
  }

  std::uint64_t seed_;
  TaskGroup tasks_;
};

}  // namespace garner::testing
