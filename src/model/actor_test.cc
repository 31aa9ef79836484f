// Who asks has one text, and looks like somebody.
#include "model/actor.h"

#include <string>

#include <gtest/gtest.h>

namespace pawl {
namespace {

TEST(Actor, has_one_text) {
  const Actor ada{.kind = "user", .name = "ada"};
  EXPECT_EQ(to_string(ada), "user:ada");
  EXPECT_TRUE(is_text_of(ada, "user:ada"));
  for (const char* other : {"", "user:adam", "user;ada", "user:eda", "usex:ada", "us:erada", "user:ad"})
    EXPECT_FALSE(is_text_of(ada, other)) << other;
  EXPECT_TRUE(is_text_of({.kind = "process", .name = "a:b"}, "process:a:b"));
}

TEST(Actor, looks_like_somebody) {
  EXPECT_TRUE(check_actor({.kind = "user", .name = "Ada Lovelace <ada@example.org>"}));
  EXPECT_TRUE(check_actor({.kind = "user", .name = "urn:ada"}));
  const auto refused = [](const Actor& actor) { return check_actor(actor).error(); };
  EXPECT_EQ(refused({.kind = "", .name = "ada"}).field, "actor.kind");
  EXPECT_EQ(refused({.kind = "user", .name = ""}).field, "actor.name");
  EXPECT_EQ(refused({.kind = "user", .name = "a\nb"}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused({.kind = "user", .name = "a\xff"}).code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused({.kind = "us:er", .name = "ada"}).field, "actor.kind");
  EXPECT_EQ(refused({.kind = "user", .name = std::string(257, 'a')}).code, ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace pawl
