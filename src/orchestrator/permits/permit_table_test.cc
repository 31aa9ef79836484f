// Sources are asked in the order of their stages, and only for the definitions that they concern.
#include "orchestrator/permits/permit_table.h"

#include <gtest/gtest.h>

#include "base/assert.h"
#include "orchestrator/permits/sources_test.h"
#include "orchestrator/shard/doubles_test.h"

namespace pawl::testing {
namespace {

std::vector<const PermitSource*> asked(const PermitTable& table, const BoundDefinition& bound) {
  std::vector<const PermitSource*> sources;
  table.for_each(bound, [&](PermitRow row, PermitSource& source) {
    EXPECT_EQ(&table.source(row), &source);
    sources.push_back(&source);
    return true;
  });
  return sources;
}

TEST(PermitTable, asks_in_the_order_of_the_stages_and_then_of_the_rows) {
  CountedSource probes(1, PermitStage::probes);
  CountedSource counts(1, PermitStage::counts);
  CountedSource counts_too(1, PermitStage::counts);
  CountedSource looks(1, PermitStage::looks);
  PermitTable table;
  table.add(probes);
  table.add(counts);
  table.add(counts_too);
  table.add(looks);
  EXPECT_EQ(asked(table, *bound(define({task("a")}))),
            (std::vector<const PermitSource*>{&looks, &counts, &counts_too, &probes}));
}

TEST(PermitTable, looks_at_a_definition_once) {
  CountedSource source(1);
  PermitTable table;
  table.add(source);
  const BoundDefinitionPtr free = bound(define(workflow({task("a")}, "free")));
  EXPECT_TRUE(table.asks_nothing(*free));
  EXPECT_TRUE(table.asks_nothing(*free));
  EXPECT_TRUE(asked(table, *free).empty());
  EXPECT_EQ(source.looks, 1);
  EXPECT_FALSE(table.asks_nothing(*bound(define({task("a")}))));
}

TEST(PermitTable, takes_no_row_once_it_was_asked) {
  CountedSource source(1);
  PermitTable table;
  EXPECT_TRUE(table.asks_nothing(*bound(define({task("a")}))));
  const Supervised supervised;
  EXPECT_THROW(table.add(source), InvariantBroken);
}

}  // namespace
}  // namespace pawl::testing
