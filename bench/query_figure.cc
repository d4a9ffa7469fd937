// A million rows of 20 columns by TAP to a FITS file: by garnerd, by pyvo and astropy, and against the plain parse of
// the same VOTable.
#include <expat.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "figures.h"
#include "table/convert.h"

namespace garner::bench {

namespace {

constexpr std::string_view kColumns =
    "solution_id, designation, source_id, random_index, ref_epoch, ra, dec, parallax, parallax_error, pmra, pmdec, "
    "astrometric_n_obs_al, ruwe, phot_g_mean_mag, bp_rp, radial_velocity, phot_variable_flag, has_xp_continuous, "
    "has_xp_sampled, has_rvs";

// What a user of pyvo does; FITS has no objects, which texts are in astropy's VOTables.
constexpr std::string_view kPyvo = R"PY(import sys, warnings
warnings.simplefilter('ignore')
import pyvo
table = pyvo.dal.TAPService(sys.argv[1]).run_sync(sys.argv[2], maxrec=int(sys.argv[3])).to_table()
for name in table.colnames:
    if table[name].dtype == object: table[name] = table[name].astype(str)
assert len(table) == int(sys.argv[3]) - 1, len(table)
table.write(sys.argv[4])
)PY";

class MappedFile {
 public:
  explicit MappedFile(const fs::path& path) : size_(fs::file_size(path)) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) start_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (start_ == MAP_FAILED) give_up("cannot map " + path.string());
  }
  ~MappedFile() { munmap(start_, size_); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(start_), size_}; }

 private:
  std::size_t size_;
  void* start_ = MAP_FAILED;
};

// All at once: in pieces expat takes half as long again, for it counts lines at the end of each.
double expat_s(std::span<const std::byte> document) {
  const double begin = thread_cpu_s();
  XML_Parser parser = XML_ParserCreate(nullptr);
  if (XML_Parse(parser, reinterpret_cast<const char*>(document.data()), static_cast<int>(document.size()), 1) !=
      XML_STATUS_OK) {
    give_up("the answer is not well-formed");
  }
  XML_ParserFree(parser);
  return thread_cpu_s() - begin;
}

double conversion_s(std::span<const std::byte> document, const fs::path& into) {
  table::ConvertOptions options;
  options.is_mapped = true;
  const double begin = thread_cpu_s();
  must(table::convert_votable(document, options, into));
  const double took = thread_cpu_s() - begin;
  fs::remove(into);
  return took;
}

class QueryBench {
 public:
  explicit QueryBench(const Options& options)
      : options_(options),
        folder_(fresh_folder(options, "query")),
        rows_(options.quick ? 50'000 : 1'000'000),
        archive_(archive()) {}

  void against_pyvo(Table& table) {
    progress(fmt::format("garnerd harvests {} rows", rows_));
    Daemon daemon(options_, folder_ / "daemon", archive_.url());
    daemon.start();
    daemon.wait_until_it_answers();
    std::vector<double> cpu;
    for (int round = 0; round < options_.rounds; ++round) cpu.push_back(harvest(daemon, fmt::format("rows{}", round)));
    const double memory = daemon.process().peak_memory_mib();
    daemon.stop();

    progress("pyvo and astropy do it");
    write_file(folder_ / "by_pyvo.py", kPyvo);
    settle_disk();
    const Cost pyvo = run({"/usr/bin/python3", folder_ / "by_pyvo.py", archive_.url() + "/tap", query(),
                           std::to_string(rows_ + 1), folder_ / "pyvo.fits"},
                          folder_ / "pyvo.log");
    const auto what = fmt::format("`query` of {} rows × 20 columns to a FITS file, against pyvo + astropy", rows_);
    table.add(what + ": CPU", median(cpu) / pyvo.cpu_s, Bound::AtMost, 0.05, "×", 3,
              fmt::format("garnerd and garner {:.2f} s ({}); pyvo {:.1f} s", median(cpu), spread(cpu, 2), pyvo.cpu_s));
    table.add(what + ": peak memory", memory / pyvo.peak_memory_mib, Bound::AtMost, 0.1, "×", 3,
              fmt::format("garnerd {:.0f} MiB (VmHWM), pyvo {:.0f} MiB", memory, pyvo.peak_memory_mib));
  }

  void against_expat(Table& table) {
    const fs::path answer = folder_ / "answer.vot";
    run({"curl", "-sSf", "-o", answer, "--data-urlencode", "QUERY=" + query(), "--data", "REQUEST=doQuery&LANG=ADQL",
         "--data", fmt::format("MAXREC={}", rows_ + 1), archive_.url() + "/tap/sync"},
        folder_ / "curl.log");
    const MappedFile mapped(answer);
    std::vector<double> ours, theirs, ratios;
    for (int round = 0; round < 2 * options_.rounds + 1; ++round) {
      theirs.push_back(expat_s(mapped.bytes()));
      ours.push_back(conversion_s(mapped.bytes(), folder_ / "made.fits"));
      ratios.push_back(ours.back() / theirs.back());
    }
    table.add(fmt::format("its VOTable ({:.0f} MB, BINARY2) to the FITS file alone, against a bare expat loop: CPU",
                          static_cast<double>(mapped.bytes().size()) / 1e6),
              median(ratios), Bound::AtMost, 2, "×", 2,
              fmt::format("{}; {:.2f} s, expat {:.2f} s", spread(ratios, 2), median(ours), median(theirs)));
  }

 private:
  SimulatedArchive archive() const {
    progress(fmt::format("the simulator makes a sky of {} sources", rows_));
    write_file(folder_ / "knobs.json",
               fmt::format(R"({{"sky_sources": {}, "tap": {{"standard": true, "standard_sync": "direct"}}}})", rows_));
    return SimulatedArchive(options_, folder_, {"--config", folder_ / "knobs.json"});
  }

  static std::string query() { return fmt::format("SELECT {} FROM gaiadr3.gaia_source", kColumns); }

  // CPU of garnerd and garner.
  double harvest(const Daemon& daemon, const std::string& name) const {
    settle_disk();
    const double before = daemon.process().cpu_s();
    const Cost cli = daemon.submit_manifest(
        name, "files",
        fmt::format("kind: query\nadql: \"{}\"\npartition: {{column: random_index, from: 0, to: 1811709770, parts: "
                    "1}}\nmode: async\nformat: fits\n",
                    query()));
    daemon.wait_until_finished(name);
    const double took = daemon.process().cpu_s() - before + cli.cpu_s;
    check_rows(daemon.output(name));
    return took;
  }

  void check_rows(const fs::path& output) const {
    for (const auto& file : fs::recursive_directory_iterator(output)) {
      if (file.path().extension() != ".fits") continue;
      const MappedFile mapped(file.path());
      const auto made = must(table::check_table(mapped.bytes(), table::Format::Fits));
      if (made.rows == rows_ && made.columns.size() == 20) return;
      give_up(fmt::format("{} holds {} rows of {} columns", file.path().string(), made.rows, made.columns.size()));
    }
    give_up("the harvest made no FITS file");
  }

  const Options& options_;
  fs::path folder_;
  std::uint64_t rows_;
  SimulatedArchive archive_;
};

}  // namespace

void measure_query(const Options& options, Table& table) {
  {
    QueryBench bench(options);
    bench.against_expat(table);
    bench.against_pyvo(table);
  }
  fs::remove_all(options.work / "query");
}

}  // namespace garner::bench
