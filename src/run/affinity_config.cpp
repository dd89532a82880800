#include "fleetsne/run/affinity_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace fleetsne::run {
namespace {

using affinity::AffinityConfig;
using affinity::Kind;

constexpr double uniform_neighbors = 15, fixed_sigma_neighbors = 30;

bool has_scales(const AffinityConfig& config) {
  return config.kind == Kind::multiscale || config.kind == Kind::mixture;
}

/// What goes by a perplexity has a largest one; else 0.
double largest_perplexity(const AffinityConfig& config) {
  if (config.kind == Kind::perplexity) return config.perplexity;
  if (!has_scales(config) || config.perplexities.empty()) return 0;
  return *std::ranges::max_element(config.perplexities);
}

std::string perplexities_text(const AffinityConfig& config) {
  return fmt::format("{}", fmt::join(config.perplexities, ","));
}

/// The option that gives the largest perplexity, with its value.
std::string largest_option(const AffinityConfig& config) {
  return has_scales(config) ? fmt::format("--affinity.perplexities {}", perplexities_text(config))
                            : fmt::format("--perplexity {}", config.perplexity);
}

}  // namespace

double usual_neighbors(const AffinityConfig& config) {
  if (config.kind == Kind::uniform) return uniform_neighbors;
  if (config.kind == Kind::fixed_sigma) return fixed_sigma_neighbors;
  return std::floor(3 * largest_perplexity(config));
}

std::string describe(const AffinityConfig& config) {
  const std::string perplexities = fmt::format("perplexities {}", fmt::join(config.perplexities, ", "));
  switch (config.kind) {
    case Kind::perplexity:
      return fmt::format("perplexity {}", config.perplexity);
    case Kind::multiscale:
      return "mean of " + perplexities;
    case Kind::mixture:
      return "mixture of " + perplexities;
    case Kind::fixed_sigma:
      return fmt::format("sigma {}", config.sigma);
    case Kind::uniform:
      break;
  }
  return "uniform affinities";
}

void check_affinity(const AffinityConfig& config, std::size_t neighbors, Problems& problems) {
  problems.require(config.perplexity >= 1,
                   fmt::format("--perplexity is {} (it counts neighbours, so it is at least 1). 30 is usual",
                               config.perplexity));
  problems.require(
      std::ranges::all_of(config.perplexities, [](double perplexity) { return perplexity >= 1; }),
      fmt::format("--affinity.perplexities is {} (each counts neighbours, so it is at least 1). Give, for "
                  "example, 50,500",
                  perplexities_text(config)));
  problems.require(
      !has_scales(config) || !config.perplexities.empty(),
      fmt::format("--affinity.kind {} was given without its perplexities (there is nothing to mix). "
                  "Add for example --affinity.perplexities 50,500",
                  config.kind == Kind::mixture ? "mixture" : "multiscale"));
  problems.require(
      has_scales(config) || config.perplexities.empty(),
      "--affinity.perplexities was given with another --affinity.kind (they would not be used). Add "
      "--affinity.kind multiscale or mixture, or leave them out");
  problems.require(
      config.sigma > 0,
      fmt::format(
          "--affinity.sigma is {} (a standard deviation is above 0). Give one, in the unit of the distances",
          config.sigma));
  problems.require(
      config.symmetry == affinity::Symmetry::max || config.kind == Kind::uniform,
      "--affinity.symmetry mean was given with another --affinity.kind than uniform (all others are "
      "means of both directions anyway). Leave it out");
  const double largest = largest_perplexity(config);
  problems.require(
      neighbors == 0 || static_cast<double>(neighbors) >= largest,
      fmt::format("{} was given, and a row has {} neighbors (a distribution over {} has at most that "
                  "perplexity). Give a "
                  "perplexity of at most {}, or search for more neighbors; 3 x perplexity is usual",
                  largest_option(config), neighbors, neighbors, neighbors));
}

void check_usual_neighbors(const AffinityConfig& config, std::int64_t rows, Problems& problems) {
  const std::int64_t others = rows - 1;
  const double usual = usual_neighbors(config);
  if (usual <= static_cast<double>(others)) return;
  if (largest_perplexity(config) == 0) {
    problems.add(
        fmt::format("--affinity.kind {} takes {} neighbours (a row of {} has {} others). Give --neighbors "
                    "{} or fewer",
                    config.kind == Kind::uniform ? "uniform" : "fixed-sigma", usual, rows, others, others));
  } else {
    problems.add(
        fmt::format("{} is too large for {} rows (it takes 3 x perplexity = {} neighbours, and a row has "
                    "{} others). The largest possible here is {}, or with decimals any below {}/3",
                    largest_option(config), rows, usual, others, others / 3, rows));
  }
}

}  // namespace fleetsne::run
