// The published schema and the parser are two descriptions of one format: they agree on every document of the corpus
// (tests/definitions), and on every document that becomes of a good one when one value in it is replaced.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "pawl/engine.h"

#include "definition/document.h"
#include "tests/support/temporary_folder.h"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCannotTell = "# schema: cannot tell\n";

fs::path source(std::string_view path) { return fs::path(PAWL_SOURCE) / path; }

std::vector<fs::path> corpus(std::string_view folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(source("tests/definitions") / folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// The document as JSON, or why it is none.
Result<Json> to_json(const std::string& text, const fs::path& file) {
  const auto document = definition::Document::parse(text, definition::guess_format(file.string(), text));
  if (!document) return std::unexpected(document.error());
  return document->root().to_json();
}

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() : json_(*parse_json(read_text(source("schemas/workflow.schema.json")))) {
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(adapter(json_), schema_);
  }

  static valijson::adapters::BoostJsonAdapter adapter(const Json& json) {
    return valijson::adapters::BoostJsonAdapter(json);
  }

  // What the schema has against the document; empty if nothing.
  std::string schema_refusal(const Json& document) {
    valijson::ValidationResults results;
    if (validator_.validate(schema_, adapter(document), &results)) return {};
    std::string all;
    for (const auto& error : results) {
      for (const std::string& part : error.context) all += part;
      all += ": " + error.description + "\n";
    }
    return all;
  }

  // What the parser has against it.
  std::string parser_refusal(std::string_view text, const std::string& file) {
    const auto definition = read_definition(text, file, {.handlers = &engine_.handlers()});
    return definition ? std::string() : describe(definition.error());
  }

  Json json_;
  Engine engine_{{.shards = 1}};  // for its handlers
  valijson::Schema schema_;
  valijson::Validator validator_;
};

TEST_F(SchemaTest, accepts_what_the_parser_accepts) {
  const std::vector<fs::path> files = corpus("good");
  EXPECT_GE(files.size(), 15U);
  for (const fs::path& file : files) {
    const std::string text = read_text(file);
    const Result<Json> json = to_json(text, file);
    ASSERT_TRUE(json) << file << describe(json.error());
    EXPECT_EQ(parser_refusal(text, file.string()), "") << file;
    EXPECT_EQ(schema_refusal(*json), "") << file;
  }
}

TEST_F(SchemaTest, refuses_what_the_parser_refuses_wherever_a_schema_can_tell) {
  for (const fs::path& file : corpus("bad")) {
    const std::string text = read_text(file);
    EXPECT_NE(parser_refusal(text, file.string()), "") << file;
    const Result<Json> json = to_json(text, file);
    const bool schema_refuses = json && !schema_refusal(*json).empty();
    EXPECT_EQ(schema_refuses, !text.starts_with(kCannotTell)) << file;
  }
}

TEST_F(SchemaTest, every_key_is_used_by_the_corpus_and_explained_to_who_hovers_over_it) {
  std::set<std::string> used;
  for (const fs::path& file : corpus("good")) {
    const Json json = *to_json(read_text(file), file);
    for (const auto& member : json.as_object()) used.insert("workflow." + std::string(member.key()));
    for (const auto& task : json.at("tasks").as_object()) {
      for (const auto& member : task.value().as_object()) used.insert("task." + std::string(member.key()));
      if (const Json* const policy = task.value().as_object().if_contains("retry_policy"))
        for (const auto& member : policy->as_object()) used.insert("retry_policy." + std::string(member.key()));
    }
  }
  std::set<std::string> known;
  const auto know = [&](const std::string& what, const Json& object) {
    for (const auto& property : object.at("properties").as_object()) {
      known.insert(what + "." + std::string(property.key()));
      EXPECT_TRUE(property.value().as_object().contains("description")) << what << "." << property.key();
    }
  };
  know("workflow", json_);
  know("task", json_.at("definitions").at("task"));
  know("retry_policy", json_.at("definitions").at("retry_policy"));
  EXPECT_EQ(used, known);
}

// Every value inside `value`, itself included.
void collect(Json& value, std::vector<Json*>& all) {
  all.push_back(&value);
  if (value.is_array())
    for (Json& element : value.get_array()) collect(element, all);
  if (value.is_object())
    for (auto& member : value.get_object()) collect(member.value(), all);
}

const std::vector<Json>& replacements() {
  static const std::vector<Json> all = {nullptr,
                                        true,
                                        -1,
                                        0,
                                        1.5,
                                        30,
                                        999,
                                        1000,
                                        9'000'000'000'000'000,
                                        "",
                                        "a word",
                                        "5",
                                        "1s",
                                        "-1s",
                                        "999.9",
                                        ".0",
                                        "${{ input.x }}",
                                        boost::json::array{},
                                        boost::json::array{"a"},
                                        boost::json::array{nullptr},
                                        boost::json::object{},
                                        boost::json::object{{"unheard_of", 1}}};
  return all;
}

// The parser's refusals that are about the shape of a document: a schema must have them as well.
bool is_about_shape(std::string_view refusal) {
  for (const std::string_view words :
       {": must be ", ": must not be empty", "is not a known field", "is negative", "is not within", "is missing",
        "says what the task does", "belongs to `run:`", "has no unit"})
    if (refusal.contains(words)) return true;
  return false;
}

TEST_F(SchemaTest, agrees_with_the_parser_whatever_value_is_replaced) {
  std::size_t tried = 0;
  for (const fs::path& file : corpus("good")) {
    Json json = *to_json(read_text(file), file);
    std::vector<Json*> places;
    collect(json, places);
    for (Json* const place : places) {
      for (const Json& replacement : replacements()) {
        // Moved out and back: what is inside stays where it is, for `places` point there.
        Json before = std::exchange(*place, replacement);
        const std::string text = to_json_text(json);
        const std::string by_parser = parser_refusal(text, "x.json");
        const std::string by_schema = schema_refusal(json);
        *place = std::move(before);
        ++tried;
        // A schema that refuses what runs would mark good files in an editor.
        EXPECT_TRUE(by_schema.empty() || !by_parser.empty()) << by_schema << text;
        // Args are the handlers' to judge, which a schema does not know.
        const bool can_tell = is_about_shape(by_parser) && !by_parser.contains(".args");
        EXPECT_TRUE(!can_tell || !by_schema.empty()) << by_parser << "\n" << text;
        if (HasFailure()) return;  // one at a time is enough to read
      }
    }
  }
  EXPECT_GT(tried, 1'000U);
}

}  // namespace
}  // namespace pawl::testing
