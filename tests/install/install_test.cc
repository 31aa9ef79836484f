// An installed Pawl is all that another program needs: `cmake --install` into a folder, and outside of the sources the
// examples build with find_package(pawl), each public header compiles alone, and all runs from there. What a user types
// first compiles without a warning, found by pkg-config; what would hurt later does not compile.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
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

// The words that pkg-config has for the installed Pawl, and nothing else it knows of.
std::vector<std::string> pkg_config(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"env", "PKG_CONFIG_PATH=" + (kPrefix / PAWL_LIBDIR "/pkgconfig").string(),
                                   "pkg-config"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::istringstream words(run(argv));
  return {std::istream_iterator<std::string>(words), {}};
}

// The compiler, as somebody calls it who wants to know everything.
ProcessResult compile(const std::string& compiler, const std::string& sample, std::vector<std::string> more) {
  std::vector<std::string> argv;
  if (!std::string(PAWL_LAUNCHER).empty()) argv.emplace_back(PAWL_LAUNCHER);
  argv.push_back(compiler);
  for (const char* flag : {"-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-O1"})
    argv.emplace_back(flag);
  std::istringstream flags(PAWL_FLAGS);
  for (std::string flag; flags >> flag;) argv.push_back(flag);
  std::ranges::copy(pkg_config({"--cflags", "pawl"}), std::back_inserter(argv));
  std::ranges::copy(more, std::back_inserter(argv));
  argv.push_back(std::string(PAWL_SOURCE "/tests/install/samples/") + sample);
  return run_process(argv, {.cwd = kFolder, .time_limit = std::chrono::minutes(4)});
}

bool is_there(const std::string& compiler) {
  return run_process({"sh", "-c", "command -v " + compiler}, {.cwd = kFolder}).exit_code == 0;
}

void compile_samples() {
  for (const std::string compiler : {"g++", "clang++-19"}) {
    if (!is_there(compiler)) continue;  // clang is a tool of ours, not needed to build
    const ProcessResult clean = compile(compiler, "first_program.cc", {"-c", "-o", "first_program." + compiler + ".o"});
    EXPECT_EQ(clean.exit_code, 0) << compiler << clean.err;
    const ProcessResult drops = compile(compiler, "drops_a_result.cc", {"-fsyntax-only"});
    EXPECT_NE(drops.exit_code, 0) << compiler;
    EXPECT_NE(drops.err.find("unused-"), std::string::npos) << compiler << drops.err;
    const ProcessResult dangles = compile(compiler, "dangles.cc", {"-fsyntax-only"});
    EXPECT_NE(dangles.exit_code, 0) << compiler;
    EXPECT_NE(dangles.err.find("deleted"), std::string::npos) << compiler << dangles.err;
  }
  std::vector<std::string> link = {PAWL_COMPILER, "first_program.g++.o", "-o", "first_program",
                                   "-Wl,-rpath," + (kPrefix / PAWL_LIBDIR).string()};
  std::istringstream flags(PAWL_FLAGS);
  for (std::string flag; flags >> flag;) link.push_back(flag);
  std::ranges::copy(pkg_config({"--libs", "pawl"}), std::back_inserter(link));
  run(link);
  EXPECT_EQ(run({"./first_program"}), "ok\n");
}

TEST(Install, holds_all_that_other_programs_need) {
  fs::remove_all(kFolder);
  fs::create_directories(kFolder);
  run({"cmake", "--install", PAWL_BUILD, "--prefix", kPrefix});
  ASSERT_FALSE(HasFailure());
  expect_files({"bin/pawl", "include/pawl/engine.h", "share/pawl/schemas/workflow.schema.json",
                "share/bash-completion/completions/pawl", "share/zsh/site-functions/_pawl",
                "share/fish/vendor_completions.d/pawl.fish", "share/doc/pawl/LICENSE",
                (PAWL_LIBDIR "/pkgconfig/pawl.pc"), "share/doc/pawl/README.md"});
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

  EXPECT_EQ(pkg_config({"--modversion", "pawl"}), std::vector<std::string>{PAWL_VERSION});
  compile_samples();
}

// As after `cmake --build --target pawl_binary` alone.
TEST(Install, of_what_is_not_built_says_how_to_build_it_and_copies_nothing) {
  const fs::path folder = kFolder.parent_path() / "not_built";
  fs::remove_all(folder);
  fs::create_directories(folder);
  fs::copy(PAWL_BUILD "/cmake_install.cmake", folder);
  std::ifstream in(folder / "cmake_install.cmake");
  std::string script(std::istreambuf_iterator<char>(in), {});
  for (std::size_t at = 0; (at = script.find(PAWL_BUILD "/src/libpawl", at)) != std::string::npos;)
    script.replace(at, std::string(PAWL_BUILD).size(), folder);
  std::ofstream(folder / "cmake_install.cmake") << script;
  const ProcessResult result = run_process(
      {"cmake", "-DCMAKE_INSTALL_PREFIX=" + (folder / "prefix").string(), "-P", folder / "cmake_install.cmake"},
      {.cwd = folder});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("pawl_installable"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("--target"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(folder / "prefix"));
}

}  // namespace
}  // namespace pawl::testing
