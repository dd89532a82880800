#include "fleetsne/app/option_table.hpp"

#include <algorithm>
#include <iterator>

namespace fleetsne::app {
namespace {

constexpr const char* sweep_introduction = R"(Usage: fleetsne sweep FILE --output DIR [OPTIONS]
       mpirun -n RANKS fleetsne sweep FILE --output DIR [OPTIONS]

Embeds the same rows in many ways. FILE is a config file as fleetsne embed takes it, and says in what the ways
differ: every combination of a [grid], and sections [row.NAME]. Neighbours and affinities are made once for all
that share them. At the end there is a table, DIR/sweep.csv, and a page with all pictures, DIR/index.html; each
row has its folder in DIR/rows. Run again it does only what is missing.

FILE, for example:
  [input]
  files = cells.npy
  [grid]
  perplexity = 30, 100
  exaggeration = 1, 2, 4
  [row.umap]
  method = umap

Examples:
  One row after the other, with two ranks:
    mpirun -n 2 fleetsne sweep sweep.cfg --output sweep
  Each in processes of its own, so that one that is killed harms no other:
    fleetsne sweep sweep.cfg --output sweep --launch "mpirun -n 2"
  As arrays of Slurm jobs, eight at a time:
    fleetsne sweep sweep.cfg --output sweep --submit jobs/sweep.sbatch --at-once 8 --submit-options "--mem 40G"
  What there is to do, and the rows that failed once more:
    fleetsne sweep sweep.cfg --output sweep --dry-run
    mpirun -n 2 fleetsne sweep sweep.cfg --output sweep --retry
)";

}  // namespace

OptionTable option_table(sweep::SweepConfig& c, run::Config& base) {
  using sweep::Part;
  std::vector<Option> options{
      {"sweep", "file", "", text(c.file, "FILE"),
       "File that tells the rows. On the command line the word FILE alone does"},
      {"sweep", "retry", "retry", flag(c.retry), "Make rows that failed or were killed again, too"},
      {"sweep", "launch", "launch", text(c.launch, "WORDS"),
       "Start every row in processes of its own, by these words before `fleetsne`, for example \"mpirun -n "
       "2\""},
      {"sweep", "submit", "submit", text(c.submit, "SCRIPT"),
       "Hand the rows to Slurm as jobs of this batch script, which is given its part of the sweep"},
      {"sweep", "submit-options", "submit-options", text(c.submit_options, "WORDS"),
       "Options of sbatch for them"},
      {"sweep", "at-once", "at-once", whole(c.at_once),
       "Jobs of the sweep that run at the same time, at most"},
      {"sweep", "part", "part",
       choice(c.part, {{"all", Part::all},
                       {"neighbors", Part::neighbors},
                       {"affinities", Part::affinities},
                       {"rows", Part::rows},
                       {"table", Part::table}}),
       "Of the sweep only one such part, or the table of what is there (when all jobs have ended): what a "
       "job of --submit does"},
      {"sweep", "index", "index", whole(c.index), "Which of these parts, counted from 0"},
  };
  OptionTable embedding = option_table(base);
  std::ranges::move(embedding.options, std::back_inserter(options));
  return {.command = "sweep",
          .introduction = sweep_introduction,
          .words = "sweep.file",
          .options = std::move(options),
          .can_run_dry = true};
}

}  // namespace fleetsne::app
