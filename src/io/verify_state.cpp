#include "fleetsne/comm/agreement.hpp"
#include "fleetsne/io/dataset_digest.hpp"
#include "fleetsne/io/state_file.hpp"

#include <fmt/format.h>

namespace fleetsne::io {

void verify_state_file(const comm::Communicator& comm, const StateHeader& header) {
  const auto expect = [&](bool fits, const std::string& name) {
    if (!fits)
      throw base::InputError(
          fmt::format("{}: its {} do not fit their checksum (it was cut short or changed since it was "
                      "written). Remove it",
                      header.path, name));
  };
  comm::agree(comm, [&] { expect(header.digests.is_object() && !header.digests.empty(), "matrices"); });
  for (const auto& [name, digest] : header.digests.items()) {
    const MatrixDigest found = digest_of_dataset(comm, header.path, name);
    comm::agree(comm,
                [&] { expect(found.rows == header.rows && digest == digest_text(found.digest), name); });
  }
}

}  // namespace fleetsne::io
