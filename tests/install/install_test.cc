// An installed Pawl is all that another program needs: `cmake --install` into a folder, and outside of the sources the
// examples build with find_package(pawl), each public header compiles alone, and all runs from there.
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;

// Always the same folder, so that a compiler cache knows what it compiled there before.
const fs::path kFolder = PAWL_INSTALL_FOLDER;
const fs::path kPrefix = kFolder / "prefix";

std::string run(const std::vector<std::string>& argv) {
  const ProcessResult result = run_process(argv, {.cwd = kFolder, .time_limit = std::chrono::minutes(4)});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  return result.out;
}

void expect_files(const std::vector<std::string>& names) {
  for (const std::string& name : names) EXPECT_TRUE(fs::exists(kPrefix / name)) << name;
}

// Configures and builds a CMake project that finds Pawl in the prefix and nothing of it elsewhere.
void build(const std::string& project, const std::string& name) {
  const auto set = [](const std::string& variable, const std::string& value) { return "-D" + variable + "=" + value; };
  run({"cmake", "-S", project, "-B", name, "-G", "Ninja", set("CMAKE_PREFIX_PATH", kPrefix),
       set("CMAKE_BUILD_TYPE", PAWL_BUILD_TYPE), set("CMAKE_CXX_COMPILER", PAWL_COMPILER),
       set("CMAKE_CXX_COMPILER_LAUNCHER", PAWL_LAUNCHER), set("CMAKE_CXX_FLAGS", PAWL_FLAGS)});
  if (!::testing::Test::HasFailure()) run({"cmake", "--build", name});
}

TEST(Install, holds_all_that_other_programs_need) {
  fs::remove_all(kFolder);
  fs::create_directories(kFolder);
  run({"cmake", "--install", PAWL_BUILD, "--prefix", kPrefix});
  ASSERT_FALSE(HasFailure());
  expect_files({"bin/pawl", "include/pawl/engine.h", "share/pawl/schemas/workflow.schema.json",
                "share/bash-completion/completions/pawl", "share/zsh/site-functions/_pawl",
                "share/fish/vendor_completions.d/pawl.fish", "share/doc/pawl/LICENSE", "share/doc/pawl/README.md"});
  EXPECT_GT(fs::file_size(kPrefix / "share/bash-completion/completions/pawl"), 0U);
  EXPECT_EQ(std::distance(fs::directory_iterator(kPrefix / "include"), fs::directory_iterator()), 1)
      << "only include/pawl is for others";
  EXPECT_EQ(run({kPrefix / "bin/pawl", "validate", PAWL_SOURCE "/examples/hello.yaml"}).find(PAWL_SOURCE), 0U);

  build(PAWL_SOURCE "/examples", "examples");
  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(run({"./examples/hello"}), "{\"greet\":\"Hello, world\"}\n");
  for (const std::string program : {"simple_workflow", "parallel_workflow"}) run({"./examples/" + program});
  run({"./examples/data_pipeline", PAWL_SOURCE "/examples/data"});

  build(PAWL_SOURCE "/tests/install/headers", "headers");
}

}  // namespace
}  // namespace pawl::testing
