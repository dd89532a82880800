#include "fleetsne/app/command_line.hpp"
#include "fleetsne/app/manual.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

namespace fleetsne::app {
namespace {

using Entry = std::pair<const char*, const char*>;  // what it is called, and what it means

constexpr std::array files{
    Entry{"embedding.h5ad",
          "AnnData: the embedding (obsm/X_tsne or obsm/X_umap), what made it, and the state to go on from"},
    Entry{"embedding.npy", "the embedding alone, a row for each of the input's, in its order"},
    Entry{"embedding.png", "the picture"},
    Entry{"report.json, report.html", "every option and counter of the run; also when it failed"},
    Entry{"checkpoint/", "what a run that stopped goes on from, by --resume auto; gone when it is done"},
    Entry{"stop", "made by you: the run stops, with a checkpoint"},
};

constexpr std::array signals{
    Entry{"SIGUSR1", "keep a checkpoint and go on"},
    Entry{"SIGUSR2, SIGTERM", "keep a checkpoint and stop with exit code 75"},
};

constexpr std::array variables{
    Entry{"SLURM_JOB_END_TIME", "set by Slurm: a run stops before then, with a checkpoint"},
};

constexpr std::array exit_codes{
    Entry{"0", "done"},
    Entry{"2", "usage or configuration"},
    Entry{"3", "bad input"},
    Entry{"4", "input or output"},
    Entry{"5", "numerical failure"},
    Entry{"70", "a bug in FleetSNE"},
    Entry{"75", "stopped early with a checkpoint; the same command with --resume auto goes on"},
    Entry{"76", "stopped early, before anything new was worth keeping; the same command begins there again"},
};

/// As roff sets it letter for letter.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    switch (letter) {
      case '\\':
        result += "\\e";
        break;
      case '-':
        result += "\\-";
        break;
      case '\'':
        result += "\\(aq";
        break;
      case '`':
        result += "\\(ga";
        break;
      case '^':
        result += "\\(ha";
        break;
      case '~':
        result += "\\(ti";
        break;
      default:
        result += letter;
    }
  }
  return result.starts_with(".") ? "\\&" + result : result;
}

/// Words of `text` in short lines, of which roff makes its own.
std::string filled(const std::string& text) {
  std::istringstream words(text);
  std::string result, line, word;
  while (words >> word) {
    if (!line.empty() && line.size() + 1 + word.size() > 72) {
      result += escaped(line) + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? result : result + escaped(line) + "\n";
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

/// What a user replaces is in capitals, and set in italics.
std::string placeholder(const std::string& text) {
  return text.empty() ? "" : " \\fI" + escaped(text) + "\\fR";
}

std::string head(const std::string& title, const std::string& name, const std::string& summary) {
  std::string capitals;
  for (const char letter : title)
    capitals += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return fmt::format(
      ".\\\" Made from the table of options.\n.TH {} 1 \"\" \"fleetsne {}\" \"FleetSNE\"\n"
      ".nh\n.ad l\n.SH NAME\n{} \\- {}\n",
      escaped(capitals), FLEETSNE_VERSION, escaped(name), escaped(summary));
}

template <std::size_t Count>
std::string entries(const char* title, const std::array<Entry, Count>& all) {
  std::string result = fmt::format(".SH {}\n", title);
  for (const auto& [name, meaning] : all) result += ".TP\n" + bold(name) + "\n" + filled(meaning);
  return result;
}

/// Lines that stay as they are.
std::string verbatim(const std::string& lines) {
  return lines.empty() ? "" : ".PP\n.nf\n" + lines + ".fi\n";
}

/// An introduction: "Usage: ..." lines, paragraphs in which indented lines stay as they are, and after
/// "Examples:" lines of text (two blanks, ending in :) and commands.
std::string introduced(const std::string& introduction) {
  std::string usage, description, examples, kept, paragraph;
  std::string* now = &usage;
  const auto end_lines = [&] {
    if (!paragraph.empty()) *now += ".PP\n" + filled(paragraph);
    *now += verbatim(kept);
    kept.clear(), paragraph.clear();
  };
  std::istringstream lines(introduction);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("Usage: ") || (now == &usage && line.starts_with("       "))) {
      usage += escaped(line.substr(7)) + "\n";
    } else if (line == "Examples:") {
      end_lines();
      now = &examples;
    } else if (line.empty()) {
      end_lines();
      if (now == &usage) now = &description;
    } else if (now == &examples && line.ends_with(':') && !line.starts_with("   ")) {
      end_lines();
      examples += ".PP\n" + escaped(line.substr(2)) + "\n";
    } else if (line.starts_with("  ")) {
      if (!paragraph.empty()) end_lines();
      kept += escaped(line) + "\n";
    } else {
      if (!kept.empty()) end_lines();
      paragraph += line + "\n";
    }
  }
  end_lines();
  for (std::string* begun : {&description, &examples})
    if (begun->starts_with(".PP\n")) begun->erase(0, 4);
  return ".SH SYNOPSIS\n.nf\n" + usage + ".fi\n.SH DESCRIPTION\n" + description + ".SH EXAMPLES\n" + examples;
}

std::string described(const OptionTable& table) {
  std::string result = introduced(table.introduction) + ".SH OPTIONS\n";
  for (const GeneralOption& option : general_options(table))
    result += fmt::format(".TP\n{}{}{}\n{}", option.name == "help" ? bold("-h") + ", " : "",
                          bold("--" + option.name), placeholder(option.placeholder), filled(option.help));
  std::string section;
  for (const Option& option : table) {
    if (option.section != section) result += fmt::format(".SS [{}]\n", option.section);
    section = option.section;
    const std::string shorthand = option.shorthand.empty() ? "" : bold("--" + option.shorthand) + ", ";
    result += fmt::format(".TP\n{}{}{}\n{}", shorthand, bold("--" + option.dotted()),
                          placeholder(option.value.placeholder), filled(explanation(option)));
  }
  return result;
}

/// Pages of the other commands.
std::string see_also(const std::string& but = "") {
  std::string pages;
  if (!but.empty()) pages = "\\fBfleetsne\\fR(1)";
  for (const Command& command : commands())
    if (command.name != but)
      pages += fmt::format("{}\\fBfleetsne\\-{}\\fR(1)", pages.empty() ? "" : ",\n", escaped(command.name));
  return ".SH SEE ALSO\n" + pages + ",\n\\fBmpirun\\fR(1)\n";
}

}  // namespace

std::string man_page() {
  std::string text =
      head("fleetsne", "fleetsne", "embed millions of points in two dimensions, on many machines");
  text +=
      ".SH SYNOPSIS\n.nf\nfleetsne COMMAND [ARGUMENTS]\nmpirun \\-n RANKS fleetsne COMMAND "
      "[ARGUMENTS]\n.fi\n";
  text += ".SH DESCRIPTION\n" +
          filled(
              "FleetSNE makes t-SNE and UMAP embeddings of data that no longer fits one machine. Its ranks, "
              "started by mpirun or srun, share the points, the neighbour search, the affinities and the "
              "grid of the repulsive forces. The same ranks, threads and seed give the same bits.") +
          ".PP\n" +
          filled(
              "The result goes to the standard output, the log to the standard error. Every option can "
              "also stand in a file for --config.");
  text += ".SH COMMANDS\n";
  for (const Command& command : commands())
    text += fmt::format(".TP\n{}\n{}", bold(command.name), filled(command.summary + std::string(".")));
  text += fmt::format(".TP\n{} [\\fICOMMAND\\fR]\nprint help.\n", bold("help"));
  text += fmt::format(".TP\n{}\nprint the versions of FleetSNE and its libraries.\n", bold("--version"));
  text += entries("FILES", files) + entries("SIGNALS", signals) + entries("ENVIRONMENT", variables);
  return text + entries("EXIT STATUS", exit_codes) + see_also();
}

std::string man_page(const Command& command) {
  const std::string name = fmt::format("fleetsne-{}", command.name);
  std::string text = head(name, name, command.summary);
  command.with_options([&](const OptionTable& table) { text += described(table); });
  return text + entries("EXIT STATUS", exit_codes) + see_also(command.name);
}

}  // namespace fleetsne::app
