// Principal components against a singular value decomposition of the whole centred matrix.
#include "fleetsne/base/error.hpp"
#include "fleetsne/reduce/principal_components.hpp"

#include "support/small_data.hpp"
#include <Eigen/SVD>
#include <gtest/gtest.h>

#include <cmath>

namespace fleetsne::reduce {
namespace {

using comm::Communicator;

TEST(PrincipalComponents, AgreeWithASingularValueDecomposition) {
  const auto comm = Communicator::world();
  const auto whole = test::clustered_points(203, 20);
  Eigen::MatrixXd centred(203, 20);
  for (int i = 0; i < 203; ++i) {
    for (int j = 0; j < 20; ++j)
      centred(i, j) = static_cast<double>(whole(static_cast<std::size_t>(i), static_cast<std::size_t>(j)));
  }
  centred.rowwise() -= centred.colwise().mean().eval();
  const Eigen::JacobiSVD<Eigen::MatrixXd> reference(centred, Eigen::ComputeThinV);

  const auto rows = test::block_of(comm, whole);
  const auto components = principal_components(comm, rows, 6);
  for (int c = 0; c < 6; ++c) {
    const auto at = static_cast<std::size_t>(c);
    const double singular = reference.singularValues()(c);
    EXPECT_NEAR(components.variances[at], singular * singular / 202, 1e-6 * components.variances[0]);
    Eigen::VectorXd axis = reference.matrixV().col(c);
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis(largest) < 0) axis = -axis;
    for (int j = 0; j < 20; ++j) EXPECT_NEAR(components.axes(at, static_cast<std::size_t>(j)), axis(j), 1e-6);
  }
  EXPECT_NEAR(components.total_variance, centred.squaredNorm() / 202, 1e-6 * components.total_variance);

  const auto projected = project(rows, components);
  ASSERT_EQ(projected.columns(), 6U);
  const auto first = static_cast<int>(rows.rows.begin(comm.rank()));
  for (std::size_t i = 0; i < projected.local.rows(); ++i) {
    for (std::size_t c = 0; c < 6; ++c) {
      double expected = 0;
      for (int j = 0; j < 20; ++j) {
        expected += centred(first + static_cast<int>(i), j) * components.axes(c, static_cast<std::size_t>(j));
      }
      EXPECT_NEAR(projected.local(i, c), expected, 1e-5);
    }
  }
}

TEST(PrincipalComponents, LargestEntryOfEveryAxisIsPositive) {
  const auto comm = Communicator::world();
  const auto components =
      principal_components(comm, test::block_of(comm, test::clustered_points(100, 12, 3)), 12);
  for (std::size_t c = 0; c < 12; ++c) {
    const auto axis = components.axes.row(c);
    EXPECT_GT(*std::ranges::max_element(axis, {}, [](double x) { return std::abs(x); }), 0);
  }
}

TEST(PrincipalComponents, TooManyAreRefusedOnAllRanks) {
  const auto comm = Communicator::world();
  const auto rows = test::block_of(comm, test::clustered_points(100, 12));
  try {
    principal_components(comm, rows, 13);
    FAIL() << "13 components of 12 columns";
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::input);
    EXPECT_NE(std::string(error.what()).find("12 at most"), std::string::npos) << error.what();
  }
}

TEST(PrincipalComponents, ConstantDataHasNoVariance) {
  const auto comm = Communicator::world();
  auto whole = base::padded_matrix<float>(40, 5);
  for (std::size_t i = 0; i < whole.rows(); ++i) std::ranges::fill(whole.row(i), 0.5F);
  const auto components = principal_components(comm, test::block_of(comm, whole), 2);
  for (const double variance : components.variances) EXPECT_EQ(variance, 0);
  for (const double entry : components.axes.elements()) EXPECT_TRUE(std::isfinite(entry));
}

}  // namespace
}  // namespace fleetsne::reduce
