// `${{ ... }}` places: where they begin and end, and what replaces them.
#include <gmock/gmock.h>

#include "expression/fake_scope_test.h"

namespace pawl::expression {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Places, are_found_in_order) {
  EXPECT_THAT(*find_places("a ${{ x }} b ${{y}}"), ElementsAre("x", "y"));
  EXPECT_THAT(*find_places("no place, ${x} nor {{x}}"), ElementsAre());
  EXPECT_TRUE(has_places("${{"));
  EXPECT_FALSE(has_places("${ {x}}"));
}

TEST(Places, end_at_their_own_braces) {
  EXPECT_THAT(*find_places("${{ {a = {1}}}}"), ElementsAre("{a = {1}}"));
  EXPECT_THAT(*find_places("${{ '}}' }}!"), ElementsAre("'}}'"));
  EXPECT_THAT(*find_places(R"(${{ "\"}}" .. [[}}]] }}${{ [==[ ]] }} ]==] }})"),
              ElementsAre(R"("\"}}" .. [[}}]])", "[==[ ]] }} ]==]"));
  EXPECT_THAT(*find_places("${{ '${{' }}"), ElementsAre("'${{'"));
  EXPECT_THAT(*find_places("${{ 1 --[[ }} ]] }}"), ElementsAre("1 --[[ }} ]]"));
}

TEST(Places, that_are_open_or_empty_are_refused) {
  for (const char* text : {"${{", "${{ x", "${{ x }", "${{ '}}", "${{ {x }}", "${{ x } }", "a ${{ x }} ${{ y"})
    EXPECT_THAT(find_places(text).error().message, HasSubstr("is not closed by }}")) << text;
  for (const char* text : {"${{}}", "${{ \t\n}}"})
    EXPECT_THAT(find_places(text).error().message, HasSubstr("nothing in the ${{ }}")) << text;
}

TEST(Places, are_stripped_from_a_condition) {
  EXPECT_EQ(strip_place("  x > 1\n"), "x > 1");
  EXPECT_EQ(strip_place(" ${{ x > 1 }} "), "x > 1");
  EXPECT_EQ(strip_place("${{ '}}' }}"), "'}}'");
  for (const char* text : {"${{ a }} and ${{ b }}", "${{ a }} > 1", "1 < ${{ a }}"})
    EXPECT_THAT(strip_place(text).error().message, HasSubstr("must be one expression")) << text;
  EXPECT_FALSE(strip_place("${{ a").has_value());
}

class Expanding : public ExpressionTest {
 protected:
  Expanding() { scope.input_value = json(R"({"n":5,"s":"a\"b","list":[1,null,{"z":1,"a":2}],"none":null,"f":1.0})"); }

  std::string expanded(std::string_view value) {
    const Result<Json> done = evaluator.expand(json(value), scope);
    return done ? to_json_text(*done) : "!" + done.error().field + ": " + done.error().message;
  }
};

TEST_F(Expanding, a_whole_place_keeps_the_type_of_its_value) {
  EXPECT_EQ(expanded(R"("${{ input.list }}")"), R"([1,null,{"z":1,"a":2}])");
  EXPECT_EQ(expanded(R"(["${{input.n}}", "${{ input.none }}", "${{ input.f }}"])"), "[5,null,1.0]");
  EXPECT_EQ(expanded(R"("${{ '${{ not again }}' }}")"), R"("${{ not again }}")");
}

TEST_F(Expanding, the_text_around_places_stays) {
  EXPECT_EQ(expanded(R"("n=${{ input.n }}, s=${{ input.s }}${{ input.none }}.")"), R"("n=5, s=a\"b.")");
  EXPECT_EQ(expanded(R"("${{ input.n }} ")"), R"("5 ")");
  EXPECT_EQ(expanded(R"(" ${{ input.list }}")"), R"(" [1,null,{\"z\":1,\"a\":2}]")");
  EXPECT_EQ(expanded(R"("${{ input.n }}${{ {input.n} }}")"), R"("5[5]")");
  EXPECT_EQ(expanded(R"("${{ {x={y=1}}}} and ${{ '}}' }} }}")"), R"("{\"x\":{\"y\":1}} and }} }}")");
}

TEST_F(Expanding, what_has_no_place_is_left_alone) {
  const char* const value = R"({"${{ key }}":["$HOME","${x}",1,null,{"b":{},"a":[]}]})";
  EXPECT_EQ(expanded(value), value);
}

TEST_F(Expanding, errors_say_where) {
  EXPECT_THAT(expanded(R"([1,{"path":"${{ nope }}"}])"), HasSubstr(R"(![1].path: unknown variable "nope")"));
  EXPECT_THAT(expanded(R"({"a":{"b":["${{ input.n"]}})"), HasSubstr("!.a.b[0]: "));
  EXPECT_THAT(expanded(R"("${{ nope }}")"), HasSubstr("!: unknown"));
}

TEST_F(Expanding, all_places_together_have_one_limit) {
  scope.input_value = boost::json::string(1'000'000, 'x');
  const Json whole = boost::json::array(40, "${{ input }}");
  EXPECT_EQ(evaluator.expand(whole, scope).error().code, ErrorCode::limit_exceeded);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "${{ input }}";
  EXPECT_EQ(evaluator.expand(Json(many), scope).error().code, ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace pawl::expression
