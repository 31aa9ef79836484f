// A definition is bound once for all of its workflows, also when handlers are added later.
#include "orchestrator/definition_library.h"

#include <gtest/gtest.h>

#include "persistence/memory/memory_rows.h"
#include "persistence/row_store.h"
#include "tests/support/node_harness.h"

namespace pawl {
namespace {

TEST(DefinitionLibrary, binds_once_for_all_when_a_handler_is_added) {
  testing::IdleRunner runner;
  HandlerRegistry handlers(runner);
  WorkflowSpec spec{.name = "two"};
  spec.tasks.push_back({.id = "a", .module = "user", .function = "first"});
  spec.tasks.push_back({.id = "b", .module = "user", .function = "second"});
  const Result<DefinitionPtr> definition = make_definition(spec);
  ASSERT_TRUE(definition) << describe(definition.error());
  Result<std::unique_ptr<RowStore>> store =
      RowStore::open(std::make_unique<MemoryRows>(), {.sync_delay = Duration(0), .own_threads = false});
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->put_definition((*definition)->hash(), to_canonical_json(**definition)));
  DefinitionLibrary library(handlers);
  const Result<BoundDefinitionPtr> unbound = library.load((*definition)->hash(), **store);
  ASSERT_TRUE(unbound) << describe(unbound.error());
  EXPECT_EQ(library.bind_again(*unbound), *unbound) << "nothing was added";
  ASSERT_TRUE(handlers.add(Handler{.module = "user", .function = "other", .call = {}, .runner = &runner}));
  EXPECT_EQ(library.bind_again(*unbound), *unbound) << "nothing that it needs was added";
  ASSERT_TRUE(handlers.add(Handler{.module = "user", .function = "first", .call = {}, .runner = &runner}));
  const BoundDefinitionPtr bound = library.bind_again(*unbound);
  EXPECT_NE(bound, *unbound);
  EXPECT_EQ(library.bind_again(*unbound), bound) << "each workflow gets its own";
  EXPECT_FALSE(bound->is_complete());
  ASSERT_TRUE(handlers.add(Handler{.module = "user", .function = "second", .call = {}, .runner = &runner}));
  EXPECT_TRUE(library.bind_again(bound)->is_complete());
}

}  // namespace
}  // namespace pawl
