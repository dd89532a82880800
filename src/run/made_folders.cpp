#include "fleetsne/run/made_folders.hpp"

#include <unistd.h>

namespace fleetsne::run {

MadeFolders::~MadeFolders() {
  for (const std::string& folder : folders_)
    if (::rmdir(folder.c_str()) != 0) return;  // not empty: what the run or somebody else wrote stays
}

}  // namespace fleetsne::run
