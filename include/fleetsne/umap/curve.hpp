#pragma once

namespace fleetsne::umap {

/// How like two points of the embedding are at distance d: 1 / (1 + a d^2b).
struct Curve {
  double a = 0, b = 0;
};

/// The curve that is nearest, by least squares at 300 distances from 0 to 3 x spread, to what is asked for: 1
/// up to min_dist, from there on exp(-(d - min_dist) / spread).   [McInnes, Healy & Melville 2018,
/// section 3.2] Levenberg's and Marquardt's method from a = b = 1, until the sum of squares does not fall any
/// more.
/// @param min_dist  0 to spread
/// @param spread    above 0
Curve fit_curve(double min_dist, double spread);

}  // namespace fleetsne::umap
