#include "fleetsne/app/command_line.hpp"
#include "fleetsne/app/ini.hpp"
#include "fleetsne/app/option_table.hpp"
#include "fleetsne/app/suggestion.hpp"
#include "fleetsne/base/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace fleetsne::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A config with its options.
struct Asked {
  run::Config config;
  OptionTable table = option_table(config);

  Request parse(const std::vector<std::string>& arguments) { return parse_command_line(arguments, table); }
  std::string error(const std::vector<std::string>& arguments) {
    try {
      parse(arguments);
    } catch (const base::UsageError& problem) {
      return problem.what();
    }
    return "";
  }
  std::string ini_error(const std::string& text) {
    run::Problems problems;
    apply_ini(text, "my.cfg", table, problems);
    try {
      problems.raise();
    } catch (const base::UsageError& problem) {
      return problem.what();
    }
    return "";
  }
};

/// A file with this text, removed at the end.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    static int number = 0;
    path_ = (std::filesystem::temp_directory_path() /
             ("fleetsne-options-" + std::to_string(getpid()) + "-" + std::to_string(number++) + ".cfg"))
                .string();
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A spelling that is not the default's.
std::string other_value(const Option& option) {
  const auto now = option.value.get();
  for (const std::string& allowed : option.value.allowed)
    if (now.front() != allowed) return allowed;
  if (option.value.sections)
    return "name=quick,iterations=17,exaggeration=12..1,learning-rate=n/12,reset=true";
  const bool number = option.value.placeholder == "N" || option.value.placeholder.ends_with("X") ||
                      option.value.placeholder.starts_with("X,");
  return number ? "17" : "dir with blanks #1/file \"x\" \\ # not a comment";
}

TEST(OptionTable, SpellingsAreUniqueAndHelpExists) {
  Asked asked;
  std::set<std::string> spellings;
  for (const Option& option : asked.table) {
    EXPECT_TRUE(spellings.insert(option.dotted()).second) << option.dotted();
    EXPECT_TRUE(option.shorthand.empty() || spellings.insert(option.shorthand).second) << option.shorthand;
    EXPECT_FALSE(option.help.empty()) << option.dotted();
  }
}

TEST(OptionTable, EveryOptionCanBeSetByEitherSpelling) {
  const Asked fresh;
  for (std::size_t i = 0; i < fresh.table.size(); ++i) {
    const Option& option = fresh.table[i];
    const std::string value = other_value(option);
    Asked dotted, shorthand;
    dotted.parse({"--" + option.dotted() + "=" + value});
    EXPECT_THAT(dotted.table[i].value.get(), ElementsAre(value)) << option.dotted();
    if (option.shorthand.empty()) continue;
    if (option.value.kind == ValueKind::flag)
      shorthand.parse({"--" + option.shorthand});
    else
      shorthand.parse({"--" + option.shorthand, value});
    EXPECT_THAT(shorthand.table[i].value.get(), ElementsAre(value)) << option.shorthand;
  }
}

TEST(DumpConfig, ReadsBackToTheSame) {
  Asked written;
  for (Option& option : written.table) {
    if (!option.rival.empty()) continue;  // its rival is given
    ASSERT_EQ(option.value.set(other_value(option)), std::nullopt) << option.dotted();
  }
  written.config.input.files = {"a,b.npy",  " blank first",   "#hash",      "h5.h5:/d s",
                                "quote\"d", "tab\tand\nline", "back\\slash"};
  written.config.affinity.perplexity = 0.1 + 0.2;
  written.config.optimize.learning_rate = {optimize::LearningRate::Rule::n_over_12, 0};
  written.config.plot.title = "";
  const Option* stage = find_option(written.table, "stage");
  for (const char* more : {"iterations=0,exaggeration=4", "iterations=5,learning-rate=200", "settled=5000"})
    ASSERT_EQ(stage->value.set(more), std::nullopt);
  const std::string dump = write_ini(written.table);

  Asked read;
  EXPECT_EQ(read.ini_error(dump), "");
  EXPECT_EQ(to_json(read.table), to_json(written.table));
  EXPECT_EQ(read.config.affinity.perplexity, written.config.affinity.perplexity);
  EXPECT_EQ(write_ini(read.table), dump);
  EXPECT_THAT(dump,
              HasSubstr("\n[stage.quick]\niterations = 17\nexaggeration = 12..1\nlearning-rate = n/12\n"));
  EXPECT_THAT(dump, HasSubstr("\n[stage.2]\niterations = 0\nexaggeration = 4\n"));
}

TEST(DumpConfig, OfStagesDoesNotSayWhatTheyReplace) {
  Asked written, read;
  written.parse({"--stage", "iterations=5", "--learning-rate", "n/12"});
  const std::string dump = write_ini(written.table);
  EXPECT_THAT(dump, HasSubstr("\n# iterations = 500\n"));
  EXPECT_THAT(dump, HasSubstr("\n# early-exaggeration = 12\n"));
  EXPECT_THAT(dump, HasSubstr("\nlearning-rate = n/12\n"));
  EXPECT_EQ(read.ini_error(dump), "");
  EXPECT_EQ(to_json(read.table), to_json(written.table));
}

TEST(OptionTable, ListsOfNumbersAreReadWholeOrNotAtAll) {
  Asked asked;
  asked.parse({"--affinity.perplexities", "50,500.5"});
  EXPECT_THAT(asked.config.affinity.perplexities, ElementsAre(50, 500.5));
  for (const char* bad : {"50,", ",50", "50,,60", "50 60", "nan", "50,x", ","}) {
    EXPECT_THROW(asked.parse({"--affinity.perplexities", bad}), base::UsageError) << bad;
    EXPECT_THAT(asked.config.affinity.perplexities, ElementsAre(50, 500.5)) << bad;
  }
}

TEST(DumpConfig, OfDefaultsReadsBackToDefaults) {
  Asked fresh, read;
  EXPECT_EQ(read.ini_error(write_ini(fresh.table)), "");
  EXPECT_EQ(to_json(read.table), to_json(fresh.table));
}

TEST(DumpConfig, TellsEveryOptionsHelp) {
  Asked fresh;
  const std::string dump = write_ini(fresh.table);
  for (const Option& option : fresh.table) EXPECT_THAT(dump, HasSubstr("# " + option.help));
}

TEST(CommandLine, InputsAndLabelsGather) {
  Asked asked;
  asked.parse({"a,b.npy", "c.npy", "--labels", "l1", "--perplexity", "50", "--labels", "l2", "--output",
               "out", "d.npy"});
  EXPECT_THAT(asked.config.input.files, ElementsAre("a,b.npy", "c.npy", "d.npy"));
  EXPECT_THAT(asked.config.input.labels, ElementsAre("l1", "l2"));
  EXPECT_EQ(asked.config.affinity.perplexity, 50);
  EXPECT_EQ(asked.config.output.directory, "out");
}

TEST(CommandLine, LastOfTwoValuesHolds) {
  Asked asked;
  asked.parse({"--perplexity", "50", "--affinity.perplexity", "60", "--perplexity=70"});
  EXPECT_EQ(asked.config.affinity.perplexity, 70);
}

TEST(CommandLine, WinsOverFilesAndLaterFilesOverEarlier) {
  const TemporaryFile first(
      "[affinity]\nperplexity = 10\n[optimize]\niterations = 11\nexaggeration = 12\n"
      "[input]\nfiles = x.npy\nlabels = lx\n[output]\nforce = true\n");
  const TemporaryFile second("[affinity]\nperplexity = 20\n[optimize]\niterations = 21\n");
  Asked asked;
  asked.parse({"--perplexity", "30", "--config", first.path(), "a.npy", "b.npy", "--config", second.path(),
               "--output.force=false"});
  EXPECT_EQ(asked.config.affinity.perplexity, 30);
  EXPECT_EQ(asked.config.optimize.iterations, 21);
  EXPECT_EQ(asked.config.optimize.exaggeration, 12);
  EXPECT_THAT(asked.config.input.files, ElementsAre("a.npy", "b.npy"));
  EXPECT_THAT(asked.config.input.labels, ElementsAre("lx"));
  EXPECT_FALSE(asked.config.output.force);
}

TEST(CommandLine, FlagsTakeNoWordAfterThem) {
  Asked asked;
  asked.parse({"--force", "a.npy", "--quiet", "b.npy"});
  EXPECT_TRUE(asked.config.output.force);
  EXPECT_TRUE(asked.config.run.quiet);
  EXPECT_THAT(asked.config.input.files, ElementsAre("a.npy", "b.npy"));
}

TEST(CommandLine, UnderscoresInNamesAreDashes) {
  Asked asked;
  asked.parse({"--early_iterations", "7", "--output", "dir_with_underscores"});
  EXPECT_EQ(asked.config.optimize.early_iterations, 7);
  EXPECT_EQ(asked.config.output.directory, "dir_with_underscores");
}

TEST(CommandLine, NegativeNumbersAreValues) {
  Asked asked;
  asked.parse({"--learning-rate", "-5", "--iterations", "-3"});
  EXPECT_EQ(asked.config.optimize.learning_rate.value, -5);
  EXPECT_EQ(asked.config.optimize.iterations, -3);
}

TEST(CommandLine, LearningRateIsARuleOrANumber) {
  using Rule = optimize::LearningRate::Rule;
  Asked asked;
  asked.parse({"--learning-rate", "n/12"});
  EXPECT_EQ(static_cast<int>(asked.config.optimize.learning_rate.rule), static_cast<int>(Rule::n_over_12));
  asked.parse({"--learning-rate", "200"});
  EXPECT_EQ(static_cast<int>(asked.config.optimize.learning_rate.rule), static_cast<int>(Rule::fixed));
  EXPECT_EQ(asked.config.optimize.learning_rate.value, 200);
  asked.parse({"--learning-rate", "auto"});
  EXPECT_EQ(static_cast<int>(asked.config.optimize.learning_rate.rule), static_cast<int>(Rule::automatic));
}

TEST(CommandLine, StagesAreGivenOneByOneAndReplaceThoseOfAFile) {
  const TemporaryFile file("[stage.a]\niterations = 1\n[stage.b]\niterations = 2\n");
  Asked from_file, both;
  from_file.parse({"--config", file.path()});
  ASSERT_EQ(from_file.config.optimize.stages.size(), 2U);
  EXPECT_EQ(from_file.config.optimize.stages[1].name, "b");
  EXPECT_EQ(from_file.config.optimize.stages[1].iterations, 2);
  both.parse(
      {"--config", file.path(), "--stage", "iterations=500,exaggeration=12", "--stage=iterations=250"});
  ASSERT_EQ(both.config.optimize.stages.size(), 2U);
  EXPECT_EQ(both.config.optimize.stages[0].iterations, 500);
  EXPECT_EQ(both.config.optimize.stages[0].exaggeration->first, 12);
  EXPECT_EQ(both.config.optimize.stages[1].name, "2");
  EXPECT_FALSE(both.config.optimize.stages[1].exaggeration);
}

TEST(CommandLine, StagesAndWhatTheyReplaceAreNotGivenTogether) {
  Asked asked;
  EXPECT_THAT(asked.error({"--stage", "iterations=5", "--iterations", "500"}),
              HasSubstr("--iterations was given, and stages too"));
  EXPECT_EQ(asked.error({"--stage", "iterations=5", "--learning-rate", "500"}), "");
}

TEST(CommandLine, BadStagesAreTold) {
  Asked asked;
  EXPECT_THAT(asked.error({"--stage", "iteration=5"}), HasSubstr("Did you mean iterations?"));
  EXPECT_THAT(asked.error({"--stage", "500"}), HasSubstr("has '500' without ="));
  EXPECT_THAT(asked.error({"--stage", "iterations=x"}), HasSubstr("iterations = x is not a whole number"));
  EXPECT_THAT(asked.error({"--stage", "exaggeration=12..x"}), HasSubstr("is neither a number nor two"));
  EXPECT_THAT(asked.error({"--stage", "name=a b"}), HasSubstr("is no name"));
  EXPECT_THAT(asked.error({"--stage", "name=a", "--stage", "name=a"}), HasSubstr("is there twice"));
}

TEST(CommandLine, UnknownOptionsAreToldWithTheNearest) {
  Asked asked;
  EXPECT_THAT(asked.error({"--perplexty", "50"}), HasSubstr("unknown option --perplexty"));
  EXPECT_THAT(asked.error({"--perplexty", "50"}), HasSubstr("Did you mean --perplexity?"));
  EXPECT_THAT(asked.error({"--afinity.perplexity=50"}), HasSubstr("Did you mean --affinity.perplexity?"));
  EXPECT_THAT(asked.error({"--links", "50"}), HasSubstr("Did you mean --neighbors.links?"));
  EXPECT_THAT(asked.error({"--dumpconfig"}), HasSubstr("Did you mean --dump-config?"));
  EXPECT_THAT(asked.error({"-x"}), HasSubstr("unknown option -x"));
  EXPECT_THAT(asked.error({"--zzzzzzzzzzzz"}), HasSubstr("See fleetsne embed --help"));
}

TEST(CommandLine, PrefixesAreNotGuessed) {
  Asked asked;
  EXPECT_THAT(asked.error({"--perp", "50"}), HasSubstr("unknown option --perp"));
}

TEST(CommandLine, BadValuesAreTold) {
  Asked asked;
  EXPECT_THAT(asked.error({"--perplexity", "many"}), HasSubstr("--perplexity many is not a number"));
  EXPECT_THAT(asked.error({"--perplexity", "50x"}), HasSubstr("is not a number"));
  EXPECT_THAT(asked.error({"--perplexity", "nan"}), HasSubstr("is not a number"));
  EXPECT_THAT(asked.error({"--perplexity", "1e999"}), HasSubstr("is not a number"));
  EXPECT_THAT(asked.error({"--iterations", "1.5"}), HasSubstr("is not a whole number"));
  EXPECT_THAT(asked.error({"--iterations", "99999999999"}), HasSubstr("is too large a number"));
  EXPECT_THAT(asked.error({"--neighbors", "-1"}), HasSubstr("is not a whole number of at least 0"));
  EXPECT_THAT(asked.error({"--metric", "minkowski"}), HasSubstr("is not one of euclidean, cosine"));
  EXPECT_THAT(asked.error({"--learning-rate", "n/13"}), HasSubstr("is neither auto nor n/12 nor a number"));
  EXPECT_THAT(asked.error({"--force=perhaps"}), HasSubstr("is neither true nor false"));
  EXPECT_THAT(asked.error({"a.npy", "--perplexity"}), HasSubstr("--perplexity needs a value"));
}

TEST(CommandLine, AllProblemsAreToldTogether) {
  const TemporaryFile file("[affinity]\nperplexty = 1\n");
  Asked asked;
  const std::string message = asked.error({"--config", file.path(), "--iteration", "5", "--metric", "x"});
  EXPECT_THAT(message, HasSubstr("3 problems"));
  EXPECT_THAT(message, HasSubstr(file.path() + ":2: unknown key perplexty in [affinity]"));
  EXPECT_THAT(message, HasSubstr("Did you mean perplexity?"));
  EXPECT_THAT(message, HasSubstr("--iterations"));
  EXPECT_THAT(message, HasSubstr("--metric x"));
}

TEST(CommandLine, ConfigFilesThatCannotBeReadAreTold) {
  Asked asked;
  EXPECT_THAT(asked.error({"--config", "/nowhere/x.cfg"}), HasSubstr("there is no such file"));
  EXPECT_THAT(asked.error({"--config", "/tmp"}), HasSubstr("it is a directory"));
  const TemporaryFile empty("");
  EXPECT_EQ(asked.error({"--config", empty.path()}), "");
}

TEST(CommandLine, HelpAndDumpAreRequests) {
  Asked asked;
  EXPECT_EQ(asked.parse({"a.npy", "--help", "--unknown"}), Request::help);
  EXPECT_EQ(asked.parse({"-h"}), Request::help);
  EXPECT_EQ(asked.parse({"--dump-config", "--perplexity", "5"}), Request::dump_config);
  EXPECT_EQ(asked.parse({"a.npy", "--dry-run", "--perplexity", "5"}), Request::dry_run);
  EXPECT_EQ(asked.parse({"--dry_run", "a.npy"}), Request::dry_run);
  EXPECT_EQ(asked.parse({"--dry-run", "--dump-config"}), Request::dump_config);
  EXPECT_THAT(asked.error({"--dryrun"}), HasSubstr("Did you mean --dry-run?"));
}

/// As Asked, for `fleetsne generate`.
struct AskedToGenerate {
  run::GenerateConfig config;
  OptionTable table = option_table(config);

  std::string error(const std::vector<std::string>& arguments) {
    try {
      parse_command_line(arguments, table);
    } catch (const base::UsageError& problem) {
      return problem.what();
    }
    return "";
  }
};

TEST(GenerateOptions, AreUniqueAndReadBack) {
  AskedToGenerate written, read;
  std::set<std::string> spellings;
  for (Option& option : written.table) {
    EXPECT_TRUE(spellings.insert(option.dotted()).second) << option.dotted();
    EXPECT_TRUE(option.shorthand.empty() || spellings.insert(option.shorthand).second) << option.shorthand;
    ASSERT_EQ(option.value.set(other_value(option)), std::nullopt) << option.dotted();
  }
  run::Problems problems;
  apply_ini(write_ini(written.table), "my.cfg", read.table, problems);
  EXPECT_NO_THROW(problems.raise());
  EXPECT_EQ(to_json(read.table), to_json(written.table));
}

TEST(GenerateOptions, AreTheOnesOfItsHelp) {
  AskedToGenerate fresh;
  const std::string help = help_text(fresh.table);
  EXPECT_THAT(help, HasSubstr("Usage: fleetsne generate"));
  EXPECT_LT(help.find("Examples:"), help.find("Options:"));
  for (const Option& option : fresh.table) EXPECT_THAT(help, HasSubstr("--" + option.dotted()));
  for (std::size_t begin = 0, end; (end = help.find('\n', begin)) != std::string::npos; begin = end + 1)
    EXPECT_LE(end - begin, 110U) << help.substr(begin, end - begin);
}

TEST(GenerateOptions, MistakesAreTold) {
  AskedToGenerate asked;
  EXPECT_THAT(asked.error({"cells.npy"}), HasSubstr("cells.npy stands alone (fleetsne generate takes only"));
  EXPECT_THAT(asked.error({"--row", "5"}), HasSubstr("Did you mean --rows?"));
  EXPECT_THAT(asked.error({"--perplexity", "5"}), HasSubstr("unknown option --perplexity"));
  EXPECT_THAT(asked.error({"--zzzzzzzzzzzz", "5"}), HasSubstr("See fleetsne generate --help"));
  EXPECT_THAT(asked.error({"--rows", "-5"}), HasSubstr("--rows -5 is not a whole number of at least 0"));
}

TEST(Help, NamesEveryOptionWithItsDefault) {
  Asked fresh;
  const std::string help = help_text(fresh.table);
  EXPECT_LT(help.find("Examples:"), help.find("Options:"));
  for (const Option& option : fresh.table) EXPECT_THAT(help, HasSubstr("--" + option.dotted()));
  EXPECT_THAT(help, HasSubstr("(default: 30)"));
  for (std::size_t begin = 0, end; (end = help.find('\n', begin)) != std::string::npos; begin = end + 1)
    EXPECT_LE(end - begin, 110U) << help.substr(begin, end - begin);
}

TEST(Ini, CommentsAndQuotes) {
  Asked asked;
  EXPECT_EQ(asked.ini_error("# a comment\n; another\n\n[plot] # why not\ntitle = a#b # comment\n[output]\n"
                            "directory = \"with # inside\" # comment\r\n"),
            "");
  EXPECT_EQ(asked.config.plot.title, "a#b");
  EXPECT_EQ(asked.config.output.directory, "with # inside");
}

TEST(Ini, DottedNamesStandBeforeAnySection) {
  Asked asked;
  EXPECT_EQ(asked.ini_error("affinity.perplexity = 9\nearly_iterations = 3\n"), "");
  EXPECT_EQ(asked.config.affinity.perplexity, 9);
  EXPECT_EQ(asked.config.optimize.early_iterations, 3);
}

TEST(Ini, RepeatedKeysGather) {
  Asked asked;
  asked.config.input.files = {"of an earlier file"};
  EXPECT_EQ(asked.ini_error("[input]\nfiles = a\nfiles = b, c\n"), "");
  EXPECT_THAT(asked.config.input.files, ElementsAre("a", "b, c"));
}

TEST(Ini, MistakesAreToldWithTheirLine) {
  Asked asked;
  EXPECT_THAT(asked.ini_error("\n[afinity]\nperplexity = 3\n"),
              HasSubstr("my.cfg:2: unknown section [afinity]"));
  EXPECT_THAT(asked.ini_error("[afinity]\nperplexity = 3\n"), HasSubstr("Did you mean [affinity]?"));
  EXPECT_THAT(asked.ini_error("[]\nperplexity = 3\n"), HasSubstr("my.cfg:1: [] names no section"));
  EXPECT_THAT(asked.ini_error("[affinity\nperplexity = 3\n"), HasSubstr("names no section"));
  EXPECT_THAT(asked.ini_error("[affinity]\nperplexity 3\n"), HasSubstr("my.cfg:2: 'perplexity 3' has no ="));
  EXPECT_THAT(asked.ini_error("[affinity]\nperplexity = x\n"),
              HasSubstr("my.cfg:2: perplexity = x is not a number"));
  EXPECT_THAT(asked.ini_error("[affinity]\nexaggeration = 3\n"),
              HasSubstr("Did you mean exaggeration under [optimize]?"));
  EXPECT_THAT(asked.ini_error("[plot]\ntitle = \"open\n"), HasSubstr("not quoted well"));
  EXPECT_THAT(asked.ini_error("iteration = 3\n"), HasSubstr("Did you mean iterations under [optimize]?"));
  EXPECT_THAT(asked.ini_error("[nowhere]\nx = 3\ny = 4\n"), HasSubstr("my.cfg:1: unknown section [nowhere]"));
}

TEST(Ini, ValueGivenTwiceIsRefusedInOneFileOnly) {
  Asked asked;
  EXPECT_THAT(asked.ini_error("perplexity = 3\n[affinity]\nperplexity = 4\n"),
              HasSubstr("my.cfg:3: perplexity is there twice (line 1"));
  EXPECT_EQ(asked.ini_error("[affinity]\nperplexity = 5\n"), "");
  EXPECT_EQ(asked.config.affinity.perplexity, 5);
}

TEST(Ini, StagesAreSectionsInTheirOrder) {
  Asked asked;
  asked.config.optimize.stages = {{.name = "of-an-earlier-file"}};
  EXPECT_EQ(asked.ini_error("[stage.grow]\niterations = 250\nexaggeration = 12..4\n"
                            "[optimize]\nlearning-rate = n/12\n[stage.empty]\n"
                            "[stage.z]\nlearning_rate = 9\nreset = true\n"),
            "");
  const auto& stages = asked.config.optimize.stages;
  ASSERT_EQ(stages.size(), 3U);
  EXPECT_EQ(stages[0].name, "grow");
  EXPECT_EQ(stages[0].exaggeration->last, 4);
  EXPECT_EQ(stages[1].name, "empty");
  EXPECT_FALSE(stages[1].iterations);
  EXPECT_EQ(stages[2].learning_rate->value, 9);
  EXPECT_EQ(stages[2].reset, true);
}

TEST(Ini, BadStagesAreToldWithTheirLine) {
  Asked asked;
  EXPECT_THAT(asked.ini_error("[stage.a]\niteration = 3\n"),
              HasSubstr("my.cfg:2: in [stage.a] unknown key iteration (a stage has iterations"));
  EXPECT_THAT(asked.ini_error("[stage.a]\niterations = many\n"),
              HasSubstr("my.cfg:2: in [stage.a] iterations = many is not a whole number"));
  EXPECT_THAT(asked.ini_error("[stage.a]\niterations = 3\n[stage.a]\niterations = 4\n"),
              HasSubstr("my.cfg:3: [stage.a] is there twice"));
  EXPECT_THAT(asked.ini_error("[stage.]\n"), HasSubstr("[stage.] is no name"));
  EXPECT_THAT(asked.ini_error("[stage]\niterations = 3\n"), HasSubstr("Did you mean [stage.NAME]?"));
}

TEST(Suggestion, CountsSlipsOfThePen) {
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("acb", "abc"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  const std::vector<Candidate> candidates{{"embed", "embed"}, {"help", "help"}};
  EXPECT_EQ(nearest("embde", candidates), "embed");
  EXPECT_EQ(nearest("optimise", candidates), "");
  EXPECT_EQ(nearest("x", candidates), "");
}

}  // namespace
}  // namespace fleetsne::app
