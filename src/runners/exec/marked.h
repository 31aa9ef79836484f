// Processes of attempts that are not below a keeper any more: found in all of /proc by what their environment has.
//
// Threads: any.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace pawl::runners {

// Kills all processes of this machine, this one aside, that have `text` in their environment, or are of one of these
// sessions: the environment of a process that executes a program at this moment cannot be read.
void kill_all_of(std::string_view text, std::span<const pid_t> sessions);

// Sends `number` (after SIGTERM also SIGCONT; 0: nothing) to all processes of this machine that were started by a
// keeper with one of these words (kMarkerName), this process and those above it aside. Whether there are any that may
// be signalled. What is no such word is passed over.
bool signal_marked(std::span<const std::string> words, int number);

// The file whose lock a keeper has: who takes the lock later finds in it which processes to look for, if the keeper was
// killed. `file` may be -1; on a full disk nothing is written down.
//
// Adds the word as a line.
void write_word(int file, std::string_view word);
// Takes it away if it is the last line: nothing that has it is left.
void erase_word(int file, std::string_view word);

}  // namespace pawl::runners
