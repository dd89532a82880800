#pragma once

namespace fleetsne::app {

/// Whether somebody watches stderr on a terminal. Under a launcher on the same machine, whose ranks write to
/// pipes, it is the launcher's stderr that counts.
bool log_is_terminal();

}  // namespace fleetsne::app
