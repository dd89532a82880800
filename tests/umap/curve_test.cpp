#include "fleetsne/umap/curve.hpp"

#include <gtest/gtest.h>

namespace fleetsne::umap {
namespace {

struct Known {
  double min_dist, spread, a, b;
};

/// What scipy's curve_fit makes of umap-learn's find_ab_params.
class FitCurve : public testing::TestWithParam<Known> {};

TEST_P(FitCurve, IsThatOfUmapLearn) {
  const Known& known = GetParam();
  const Curve curve = fit_curve(known.min_dist, known.spread);
  EXPECT_NEAR(curve.a, known.a, 1e-4 * known.a);
  EXPECT_NEAR(curve.b, known.b, 1e-4 * known.b);
}

INSTANTIATE_TEST_SUITE_P(
    Known, FitCurve,
    testing::Values(Known{0.1, 1, 1.57694346, 0.89506088}, Known{0.5, 1, 0.58303002, 1.33416699},
                    Known{0, 1, 1.9328084, 0.79049497}, Known{0.01, 1, 1.89560587, 0.80063784},
                    Known{0.25, 2, 0.4162735, 0.92185513}, Known{1, 1, 0.11497568, 1.92923715},
                    Known{0.1, 0.1, 830.00518, 1.92923756}, Known{0.5, 10, 0.03622289, 0.84205539}));

}  // namespace
}  // namespace fleetsne::umap
