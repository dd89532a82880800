#pragma once

#include <optional>
#include <span>

namespace fleetsne::affinity {

/// Turns the squared distances of one point to its neighbours (ascending) into conditional probabilities
/// p_j proportional to exp(-beta d_j), with beta such that their entropy is log(perplexity) within 1e-7.
///                                                                   [van der Maaten & Hinton 2008, eq. 1]
/// Newton's method within a bracket: the entropy falls in beta with slope -beta var(d). In float32 up to the
/// second digit, then in float64.
/// If at least `perplexity` neighbours share the smallest distance no beta does it; those are then equally
/// likely. Values that would underflow are set to 1e-20, so that every neighbour keeps an edge.
/// @param values  in: squared distances, out: probabilities, sum 1
/// @return entropy in nats
double conditional_affinities(std::span<float> values, double perplexity);

/// That beta, in the unit of 1 / distance squared; none if no beta does it.
/// @param squared  squared distances, ascending
std::optional<double> precision_for(std::span<const float> squared, double perplexity);

/// No neighbour's share is less, so that every one keeps an edge.
inline constexpr float smallest_share = 1e-20F;

}  // namespace fleetsne::affinity
