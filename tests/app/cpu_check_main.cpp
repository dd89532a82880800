// Linked with the program's own CPU check, but with a list of features of its own: what is run on a CPU that
// lacks one must say so and never reach main.
#include <cstdio>

extern "C" {
extern const char* const fleetsne_required_cpu_features[];
extern const char* const fleetsne_cpu_target;

const char* const fleetsne_cpu_target = "some-cpu";
const char* const fleetsne_required_cpu_features[] = {FLEETSNE_TEST_FEATURES, nullptr};
}

int main() {
  std::puts("main was reached");
}
