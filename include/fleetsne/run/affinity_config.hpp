#pragma once

#include "fleetsne/affinity/affinity.hpp"
#include "fleetsne/run/problems.hpp"

#include <cstdint>
#include <string>

namespace fleetsne::run {

/// Neighbours of every point that affinities are usually made of: 3 x the largest perplexity, rounded down;
/// for uniform ones 15, for a fixed sigma 30; 0 if there is no perplexity.
///                  [van der Maaten 2014, section 4.1; Boehm, Berens & Kobak 2022; openTSNE's FixedSigmaNN]
/// As a number that can be compared whatever the perplexity is.
double usual_neighbors(const affinity::AffinityConfig& config);

/// As a log says it: "perplexity 30", "mixture of perplexities 50, 500", "uniform affinities".
std::string describe(const affinity::AffinityConfig& config);

/// Whether the values make sense by themselves and with that many neighbours (0: the usual number).
void check_affinity(const affinity::AffinityConfig& config, std::size_t neighbors, Problems& problems);

/// Whether a row of so many has the usual number of neighbours.
void check_usual_neighbors(const affinity::AffinityConfig& config, std::int64_t rows, Problems& problems);

}  // namespace fleetsne::run
