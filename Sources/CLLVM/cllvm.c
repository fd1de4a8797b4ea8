#define _GNU_SOURCE
#include "cllvm.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
#define HOST_TARGET "X86"
#elif defined(__aarch64__) || defined(__arm64__)
#define HOST_TARGET "AArch64"
#else
#define HOST_TARGET NULL
#endif

static CLLVMTable table;
static void *library;
static int is_loaded;
static char status[512] = "not looked for yet";
static pthread_once_t once = PTHREAD_ONCE_INIT;

int cllvm_initialize_target(const char *name) {
  static const char *const parts[] = {"TargetInfo", "Target", "TargetMC", "AsmPrinter", "AsmParser"};
  if (!library || !name) return 0;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    char symbol[64];
    snprintf(symbol, sizeof symbol, "LLVMInitialize%s%s", name, parts[i]);
    void (*initialize)(void) = (void (*)(void))dlsym(library, symbol);
    if (!initialize) return 0;
    initialize();
  }
  return 1;
}

// System names and absolute paths only: a library of that name in the current folder is not this one.
static void load(void) {
  static const char *const names[] = {
#if defined(__APPLE__)
      "/opt/homebrew/opt/llvm@19/lib/libLLVM.dylib", "/opt/homebrew/opt/llvm/lib/libLLVM.dylib",
      "/usr/local/opt/llvm@19/lib/libLLVM.dylib",    "/usr/local/opt/llvm/lib/libLLVM.dylib",
#else
      "libLLVM.so.19.1", "libLLVM-19.so", "libLLVM.so.20.1", "libLLVM.so.21.1", "libLLVM.so.18.1", "libLLVM-18.so",
#endif
  };
  const char *chosen = getenv("NODAL_LLVM");
  // An empty value switches native code off.
  if (chosen && !*chosen) {
    snprintf(status, sizeof status, "switched off by NODAL_LLVM");
    return;
  }
  if (chosen && *chosen != '/') {
    snprintf(status, sizeof status, "NODAL_LLVM wants an absolute path");
    return;
  }
  if (chosen) library = dlopen(chosen, RTLD_LAZY | RTLD_LOCAL);
  for (size_t i = 0; !library && !chosen && i < sizeof names / sizeof *names; i++)
    library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
  if (!library) {
    const char *why = chosen ? dlerror() : "no libLLVM of version 18 to 21 is installed";
    snprintf(status, sizeof status, "%s", why ? why : "it can't be loaded");
    return;
  }
#define X(R, N, P)                                                                                                     \
  if (!(table.N = (R(*) P)dlsym(library, #N))) {                                                                       \
    snprintf(status, sizeof status, "the libLLVM found lacks " #N);                                                    \
    return;                                                                                                            \
  }
  CLLVM_FUNCTIONS(X)
#undef X
  if (!cllvm_initialize_target(HOST_TARGET)) {
    snprintf(status, sizeof status, "the libLLVM found makes no code for this processor");
    return;
  }
  unsigned major = 0, minor = 0, patch = 0;
  table.LLVMGetVersion(&major, &minor, &patch);
  snprintf(status, sizeof status, "LLVM %u.%u.%u", major, minor, patch);
  if (major < 18 || major > 21) {
    snprintf(status, sizeof status, "LLVM %u.%u.%u is not among the versions 18 to 21", major, minor, patch);
    return;
  }
  is_loaded = 1;
}

const CLLVMTable *cllvm_load(void) {
  pthread_once(&once, load);
  return is_loaded ? &table : NULL;
}

const char *cllvm_status(void) { return status; }
