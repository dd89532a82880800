#include "fleetsne/app/command_line.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <string_view>

namespace fleetsne::app {
namespace {

constexpr std::size_t width = 100;

constexpr const char* embed_introduction = R"(Usage: fleetsne embed INPUT... --output DIR [OPTIONS]
       mpirun -n RANKS fleetsne embed INPUT... --output DIR [OPTIONS]

Embeds the rows of INPUT in two dimensions with t-SNE and writes embedding.h5ad, embedding.npy,
embedding.png and report.json to DIR.

Examples:
  A matrix in a .npy file, with two ranks:
    mpirun -n 2 fleetsne embed rows.npy --output out
  Images with labels, reduced to 50 principal components first:
    mpirun -n 2 fleetsne embed images.idx3-ubyte.gz --labels labels.idx1-ubyte.gz --pca 50 --output out
  An AnnData file, coloured by a column of its obs:
    mpirun -n 2 fleetsne embed cells.h5ad:obsm/X_pca --labels cells.h5ad:obs/cell_type --output out
  Clusters further apart, and the picture kept from an earlier run written over:
    mpirun -n 2 fleetsne embed rows.npy --exaggeration 4 --output out --force
  The options of a run as a config file, and a run from it with one of them changed:
    fleetsne embed rows.npy --perplexity 50 --output out --dump-config > run.cfg
    mpirun -n 2 fleetsne embed --config run.cfg --perplexity 100 --output out-100
  What a run would take, in memory and time:
    mpirun -n 2 fleetsne embed rows.npy --perplexity 500 --output out --dry-run
)";

constexpr const char* generate_introduction = R"(Usage: fleetsne generate --rows N --output FILE.npy [OPTIONS]
       mpirun -n RANKS fleetsne generate --rows N --output FILE.npy [OPTIONS]

Writes rows that look like the principal components of single-cell data (uneven clusters that stem from
one another, paths between them, doublets and ambient noise), and the cluster of every row beside them. A
row depends on the options and the seed alone: any number of ranks writes the same file, and fewer rows
are the beginning of more.

Examples:
  A million rows in cells.npy, their clusters in cells-labels.npy, by two ranks:
    mpirun -n 2 fleetsne generate --rows 1000000 --output cells.npy
  More columns and clusters, and another draw:
    mpirun -n 2 fleetsne generate --rows 1000000 --columns 100 --clusters 800 --seed 7 --output cells.npy
  Clusters that lie apart, without paths and noise between them:
    fleetsne generate --rows 20000 --separation 3 --trajectories 0 --noise 0 --output apart.npy
  What was made, embedded:
    mpirun -n 2 fleetsne embed cells.npy --labels cells-labels.npy --output out
)";

constexpr const char* dry_run_option = R"(  --dry-run
      Check the input and every option, try the stages on samples of the rows, print the memory of a rank and
      the time that the run would take, and stop; an error if the memory would not do.
)";

constexpr const char* general_options = R"(
Options:
  --config FILE
      Read options from FILE: lines KEY = VALUE under [SECTION], as --SECTION.KEY names them here.
      Repeatable; a later file wins, and the command line wins over all.
  --dump-config
      Print every option with its value as such a file, and stop.
)";

constexpr const char* help_option = R"(  -h, --help
      Print this, and stop.
An option given twice on the command line holds its last value. --output.force=false undoes a config file's.
)";

/// Words of `text` in lines of at most `width`, each indented by `indent`.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream words(text);
  std::string result, line, word;
  while (words >> word) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      result += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return result + std::string(indent, ' ') + line + "\n";
}

std::string default_of(const Value& value) {
  const auto values = value.get();
  if (value.kind == ValueKind::flag || values.empty() || values.front().empty()) return "";
  return fmt::format(" (default: {})", values.front());
}

}  // namespace

std::string help_text(const OptionTable& table) {
  std::string result = table.command == "embed" ? embed_introduction : generate_introduction;
  result += general_options;
  if (table.can_run_dry) result += dry_run_option;
  result += help_option;
  std::string section;
  for (const Option& option : table) {
    if (option.section != section) result += fmt::format("\n[{}]\n", option.section);
    section = option.section;
    const std::string placeholder = option.value.placeholder.empty() ? "" : " " + option.value.placeholder;
    const std::string shorthand = option.shorthand.empty() ? "" : "--" + option.shorthand + ", ";
    result += fmt::format("  {}--{}{}\n", shorthand, option.dotted(), placeholder);
    const char* repeatable = option.value.kind == ValueKind::list ? ". Repeatable" : "";
    result += wrapped(option.help + repeatable + default_of(option.value), 6);
  }
  return result;
}

}  // namespace fleetsne::app
