// Standard output as a promise: what a verb prints has been written when the process exits with 0.
#pragma once

namespace pawl::cli {

// Makes sure that descriptors 0 to 2 are taken, so that no file or socket of ours becomes "standard output" of a
// process that was started without one. Call it first.
void take_standard_descriptors();

// `code`, or kUnavailable and a message if anything written to standard output was lost.
int flush_output(int code);

}  // namespace pawl::cli
