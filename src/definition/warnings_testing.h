// The warnings of a definition as tests compare them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "pawl/definition.h"

namespace pawl {

inline std::vector<std::string> warnings_of(std::string_view text) {
  std::vector<Warning> warnings;
  const auto definition = read_definition(text, {}, {.warnings = &warnings});
  EXPECT_TRUE(definition) << describe(definition.error()) << "\n" << text;
  std::vector<std::string> texts;
  for (const Warning& warning : warnings) texts.push_back(describe_warning(warning, "f.yaml"));
  return texts;
}

// Of a task `b` with these fields, after a task `a`, which is a command with these.
inline std::vector<std::string> warnings_of_b(const std::string& b, const std::string& a = "") {
  return warnings_of("name: x\ninput: {who: world, db: {host: h, port: 1}}\ntasks:\n  a: {run: 'true'" + a +
                     "}\n  b: {run: 'true', dependencies: [a], " + b + "}\n");
}

}  // namespace pawl
