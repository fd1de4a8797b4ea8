// The slice of LLVM's C interface that Nodal calls, declared here so that neither headers nor a link to the
// library are needed: the library is looked for when the first program is compiled, and Nodal runs without it.
//
// Valid for LLVM 17 to 21. An LLVMBool is an int; every reference is a pointer to something opaque.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-completeness"

typedef struct LLVMOpaqueContext *LLVMContextRef;
typedef struct LLVMOpaqueModule *LLVMModuleRef;
typedef struct LLVMOpaqueMemoryBuffer *LLVMMemoryBufferRef;
typedef struct LLVMTarget *LLVMTargetRef;
typedef struct LLVMOpaqueTargetMachine *LLVMTargetMachineRef;
typedef struct LLVMOpaqueTargetData *LLVMTargetDataRef;
typedef struct LLVMOpaquePassBuilderOptions *LLVMPassBuilderOptionsRef;
typedef struct LLVMOpaqueError *LLVMErrorRef;
typedef struct LLVMOrcOpaqueLLJITBuilder *LLVMOrcLLJITBuilderRef;
typedef struct LLVMOrcOpaqueLLJIT *LLVMOrcLLJITRef;
typedef struct LLVMOrcOpaqueExecutionSession *LLVMOrcExecutionSessionRef;
typedef struct LLVMOrcOpaqueJITTargetMachineBuilder *LLVMOrcJITTargetMachineBuilderRef;
typedef struct LLVMOrcOpaqueJITDylib *LLVMOrcJITDylibRef;
typedef struct LLVMOrcOpaqueResourceTracker *LLVMOrcResourceTrackerRef;
typedef struct LLVMOrcOpaqueMaterializationUnit *LLVMOrcMaterializationUnitRef;
typedef struct LLVMOrcOpaqueSymbolStringPoolEntry *LLVMOrcSymbolStringPoolEntryRef;
typedef struct {
  uint8_t GenericFlags, TargetFlags;
} CLLVMSymbolFlags;
typedef struct {
  uint64_t Address;
  CLLVMSymbolFlags Flags;
} CLLVMEvaluatedSymbol;
typedef struct {
  LLVMOrcSymbolStringPoolEntryRef Name;
  CLLVMEvaluatedSymbol Symbol;
} CLLVMSymbolPair;
typedef void (*CLLVMErrorReporter)(void *context, LLVMErrorRef error);

#define CLLVM_FUNCTIONS(X)                                                                                             \
  X(void, LLVMGetVersion, (unsigned *, unsigned *, unsigned *))                                                        \
  X(void, LLVMDisposeMessage, (char *))                                                                                \
  X(char *, LLVMGetErrorMessage, (LLVMErrorRef))                                                                       \
  X(void, LLVMDisposeErrorMessage, (char *))                                                                           \
  X(char *, LLVMGetDefaultTargetTriple, (void))                                                                        \
  X(char *, LLVMGetHostCPUName, (void))                                                                                \
  X(char *, LLVMGetHostCPUFeatures, (void))                                                                            \
  X(LLVMContextRef, LLVMContextCreate, (void))                                                                         \
  X(void, LLVMContextDispose, (LLVMContextRef))                                                                        \
  X(int, LLVMGetTargetFromTriple, (const char *, LLVMTargetRef *, char **))                                            \
  X(LLVMTargetMachineRef, LLVMCreateTargetMachine,                                                                     \
    (LLVMTargetRef, const char *, const char *, const char *, int, int, int))                                          \
  X(void, LLVMDisposeTargetMachine, (LLVMTargetMachineRef))                                                            \
  X(LLVMTargetDataRef, LLVMCreateTargetDataLayout, (LLVMTargetMachineRef))                                             \
  X(void, LLVMDisposeTargetData, (LLVMTargetDataRef))                                                                  \
  X(void, LLVMSetModuleDataLayout, (LLVMModuleRef, LLVMTargetDataRef))                                                 \
  X(void, LLVMSetTarget, (LLVMModuleRef, const char *))                                                                \
  X(LLVMMemoryBufferRef, LLVMCreateMemoryBufferWithMemoryRangeCopy, (const char *, size_t, const char *))              \
  X(const char *, LLVMGetBufferStart, (LLVMMemoryBufferRef))                                                           \
  X(size_t, LLVMGetBufferSize, (LLVMMemoryBufferRef))                                                                  \
  X(void, LLVMDisposeMemoryBuffer, (LLVMMemoryBufferRef))                                                              \
  X(int, LLVMParseIRInContext, (LLVMContextRef, LLVMMemoryBufferRef, LLVMModuleRef *, char **))                        \
  X(int, LLVMVerifyModule, (LLVMModuleRef, int, char **))                                                              \
  X(char *, LLVMPrintModuleToString, (LLVMModuleRef))                                                                  \
  X(void, LLVMDisposeModule, (LLVMModuleRef))                                                                          \
  X(LLVMPassBuilderOptionsRef, LLVMCreatePassBuilderOptions, (void))                                                   \
  X(void, LLVMDisposePassBuilderOptions, (LLVMPassBuilderOptionsRef))                                                  \
  X(void, LLVMPassBuilderOptionsSetSLPVectorization, (LLVMPassBuilderOptionsRef, int))                                 \
  X(void, LLVMPassBuilderOptionsSetLoopVectorization, (LLVMPassBuilderOptionsRef, int))                                \
  X(LLVMErrorRef, LLVMRunPasses,                                                                                       \
    (LLVMModuleRef, const char *, LLVMTargetMachineRef, LLVMPassBuilderOptionsRef))                                    \
  X(int, LLVMTargetMachineEmitToMemoryBuffer,                                                                          \
    (LLVMTargetMachineRef, LLVMModuleRef, int, char **, LLVMMemoryBufferRef *))                                        \
  X(LLVMOrcJITTargetMachineBuilderRef, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine,                          \
    (LLVMTargetMachineRef))                                                                                            \
  X(LLVMOrcLLJITBuilderRef, LLVMOrcCreateLLJITBuilder, (void))                                                         \
  X(void, LLVMOrcLLJITBuilderSetJITTargetMachineBuilder,                                                               \
    (LLVMOrcLLJITBuilderRef, LLVMOrcJITTargetMachineBuilderRef))                                                       \
  X(LLVMErrorRef, LLVMOrcCreateLLJIT, (LLVMOrcLLJITRef *, LLVMOrcLLJITBuilderRef))                                     \
  X(LLVMErrorRef, LLVMOrcDisposeLLJIT, (LLVMOrcLLJITRef))                                                              \
  X(LLVMOrcExecutionSessionRef, LLVMOrcLLJITGetExecutionSession, (LLVMOrcLLJITRef))                                    \
  X(void, LLVMOrcExecutionSessionSetErrorReporter, (LLVMOrcExecutionSessionRef, CLLVMErrorReporter, void *))           \
  X(LLVMOrcJITDylibRef, LLVMOrcLLJITGetMainJITDylib, (LLVMOrcLLJITRef))                                                \
  X(LLVMOrcResourceTrackerRef, LLVMOrcJITDylibCreateResourceTracker, (LLVMOrcJITDylibRef))                             \
  X(LLVMErrorRef, LLVMOrcResourceTrackerRemove, (LLVMOrcResourceTrackerRef))                                           \
  X(void, LLVMOrcReleaseResourceTracker, (LLVMOrcResourceTrackerRef))                                                  \
  X(LLVMErrorRef, LLVMOrcLLJITAddObjectFileWithRT,                                                                     \
    (LLVMOrcLLJITRef, LLVMOrcResourceTrackerRef, LLVMMemoryBufferRef))                                                 \
  X(LLVMErrorRef, LLVMOrcLLJITLookup, (LLVMOrcLLJITRef, uint64_t *, const char *))                                     \
  X(LLVMOrcSymbolStringPoolEntryRef, LLVMOrcLLJITMangleAndIntern, (LLVMOrcLLJITRef, const char *))                     \
  X(LLVMOrcMaterializationUnitRef, LLVMOrcAbsoluteSymbols, (CLLVMSymbolPair *, size_t))                                \
  X(LLVMErrorRef, LLVMOrcJITDylibDefine, (LLVMOrcJITDylibRef, LLVMOrcMaterializationUnitRef))

typedef struct CLLVMTable {
#define X(R, N, P) R(*_Nonnull N) P;
  CLLVM_FUNCTIONS(X)
#undef X
} CLLVMTable;

/// The functions, once the library is found; the first call looks for it, and any thread may make it. NULL where there is
/// no library, or one that lacks a function.
const CLLVMTable *_Nullable cllvm_load(void);
/// Why there is no library, once looked for; what was loaded, otherwise.
const char *_Nonnull cllvm_status(void);
/// Makes the targets other than this machine's own known: "X86", "AArch64". 1 where the library has the target.
int cllvm_initialize_target(const char *_Nonnull name);

#pragma clang diagnostic pop
