#pragma once

#include <span>

namespace fleetsne::affinity {

/// As conditional_affinities, for several perplexities: the mean of what each of them gives.
///                                                                        [Kobak & Berens 2019, eq. 8]
/// @param values  in: squared distances of one point to its neighbours, ascending; out: probabilities, sum 1
void average_of_scales(std::span<float> values, std::span<const double> perplexities);

/// The same for a mixture of Gaussians, p_j ~ sum over perplexities of sqrt(beta) exp(-beta d_j) with the
/// precision beta that gives the perplexity.                    [Lee, Peluffo-Ordonez & Verleysen 2015]
/// Where no precision gives a perplexity (see precision_for) its Gaussian is infinitely narrow: it takes all
/// if the nearest neighbours are at distance 0, and else nothing.
void mixture_of_scales(std::span<float> values, std::span<const double> perplexities);

/// p_j ~ exp(-d_j / 2 sigma^2), sum 1; none is below 1e-20.
void gaussian_weights(std::span<float> values, double sigma);

}  // namespace fleetsne::affinity
