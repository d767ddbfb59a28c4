// What is exported, and how.
#pragma once

#define FOOF_API extern "C" __attribute__((visibility("default")))

// Reached without a call. Our own few variables fit into what a process has to spare of such memory; libtorch's do
// not, so this is no option of the whole file.
#define FOOF_NEAR __attribute__((tls_model("initial-exec")))
