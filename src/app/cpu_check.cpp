// Compiled for the oldest CPU of the architecture and run before anything else: a program built for a newer
// CPU than this one says so here, and does not get as far as dying of an illegal instruction. C alone: a
// function that this file shared with others might be taken from one compiled for the newer CPU.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern "C" const char* const fleetsne_required_cpu_features[];
extern "C" const char* const fleetsne_cpu_target;

namespace {

#if defined(__x86_64__)
int cpu_has(const char* feature) {
#define FLEETSNE_FEATURE(name) \
  if (strcmp(feature, name) == 0) return __builtin_cpu_supports(name) != 0;
  FLEETSNE_FEATURE("sse3")
  FLEETSNE_FEATURE("ssse3")
  FLEETSNE_FEATURE("sse4.1")
  FLEETSNE_FEATURE("sse4.2")
  FLEETSNE_FEATURE("sse4a")
  FLEETSNE_FEATURE("popcnt")
  FLEETSNE_FEATURE("lzcnt")
  FLEETSNE_FEATURE("movbe")
  FLEETSNE_FEATURE("aes")
  FLEETSNE_FEATURE("pclmul")
  FLEETSNE_FEATURE("sha")
  FLEETSNE_FEATURE("adx")
  FLEETSNE_FEATURE("bmi")
  FLEETSNE_FEATURE("bmi2")
  FLEETSNE_FEATURE("f16c")
  FLEETSNE_FEATURE("fma")
  FLEETSNE_FEATURE("fma4")
  FLEETSNE_FEATURE("xop")
  FLEETSNE_FEATURE("tbm")
  FLEETSNE_FEATURE("gfni")
  FLEETSNE_FEATURE("vaes")
  FLEETSNE_FEATURE("vpclmulqdq")
  FLEETSNE_FEATURE("avx")
  FLEETSNE_FEATURE("avx2")
  FLEETSNE_FEATURE("avxvnni")
  FLEETSNE_FEATURE("avx512f")
  FLEETSNE_FEATURE("avx512cd")
  FLEETSNE_FEATURE("avx512bw")
  FLEETSNE_FEATURE("avx512dq")
  FLEETSNE_FEATURE("avx512vl")
  FLEETSNE_FEATURE("avx512ifma")
  FLEETSNE_FEATURE("avx512vbmi")
  FLEETSNE_FEATURE("avx512vbmi2")
  FLEETSNE_FEATURE("avx512vnni")
  FLEETSNE_FEATURE("avx512bitalg")
  FLEETSNE_FEATURE("avx512vpopcntdq")
  FLEETSNE_FEATURE("avx512bf16")
  FLEETSNE_FEATURE("avx512fp16")
#undef FLEETSNE_FEATURE
  return 0;
}
#else
int cpu_has(const char*) {
  return 1;
}
#endif

void say(const char* text) {
  size_t left = strlen(text);
  while (left > 0) {
    const ssize_t written = write(STDERR_FILENO, text, left);
    if (written <= 0) return;
    text += written;
    left -= static_cast<size_t>(written);
  }
}

/// Of the ranks on one machine, which all find the same, one speaks.
int speaks_for_machine() {
  const char* names[] = {"OMPI_COMM_WORLD_LOCAL_RANK", "MPI_LOCALRANKID", "SLURM_LOCALID"};
  for (const char* name : names) {
    const char* rank = getenv(name);
    if (rank != nullptr) return strcmp(rank, "0") == 0;
  }
  return 1;
}

__attribute__((constructor(101))) void refuse_older_cpu() {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  int lacking = 0;
  for (const char* const* feature = fleetsne_required_cpu_features; *feature != nullptr; ++feature) {
    if (cpu_has(*feature)) continue;
    if (speaks_for_machine()) {
      if (lacking == 0) {
        say("fleetsne: error: this program was built for another CPU (-march=");
        say(fleetsne_cpu_target);
        say("; this one lacks");
      }
      say(" ");
      say(*feature);
    }
    lacking = 1;
  }
  if (!lacking) return;
  if (speaks_for_machine()) {
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    say(", on ");
    say(host);
    say("). Build it there, or for both with cmake -DFLEETSNE_CPU=x86-64-v3\n");
  }
  _exit(2);
}

}  // namespace
