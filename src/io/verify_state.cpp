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
  for (const auto& item : header.digests.items()) {
    const MatrixDigest found = digest_of_dataset(comm, header.path, item.key());
    const bool fits = found.rows == header.rows && item.value() == digest_text(found.digest);
    comm::agree(comm, [&] { expect(fits, item.key()); });
  }
}

}  // namespace fleetsne::io
