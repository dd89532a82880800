#include "fleetsne/run/reported_run.hpp"

#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/run/seats.hpp"

namespace fleetsne::run {
namespace {

/// The report of a run that failed, if it can be written at all: the failure itself is what the user must
/// hear of.
void report_failure(const comm::Communicator& comm, const OutputDirectory& output, const base::Error& error,
                    const base::Log& log, Report& report) {
  if (!report.input_accepted) return;
  report.warnings = log.warnings();
  report.exit_code = error.exit_code();
  report.error = error.what();
  const nlohmann::json written = to_json(comm, report);
  if (comm.rank() != 0) return;
  try {
    output.write_report(written);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

nlohmann::json reported_run(const comm::Communicator& comm, const ExecutionConfig& config, const About& about,
                            const OutputDirectory& output, base::Log& log,
                            const std::function<void(Report&)>& work) {
  Report report{.about = about, .ranks = comm.size(), .started = utc_now()};
  const Seats seats = take_seats(comm, config, log);
  report.hosts = seats.hosts;
  report.threads = seats.threads;
  try {
    work(report);
    report.warnings = log.warnings();
    nlohmann::json written = to_json(comm, report);
    comm::on_root(comm, [&] { output.write_report(written); });
    return written;
  } catch (const comm::AgreedError& error) {
    report_failure(comm, output, error, log, report);
    throw;
  } catch (...) {
    // Met by this rank alone: the others are elsewhere and know nothing, so what is written is this rank's
    // view.
    const auto alone = comm::Communicator::self();
    try {
      comm::agree_on_failure(alone, std::current_exception());
    } catch (const comm::AgreedError& described) {
      report_failure(alone, output, described, log, report);
    }
    throw;
  }
}

}  // namespace fleetsne::run
