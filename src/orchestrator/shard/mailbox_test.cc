// What is sent arrives in order, or is refused; no outcome is lost, nobody sleeps while there is something, and what
// nobody comes to is dropped.
#include "orchestrator/shard/mailbox.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace pawl::testing {
namespace {

FinishedAttempt outcome_of_task(TaskIndex task) { return {.address = {.route = {}, .action = task}, .outcome = {}}; }
ShardCall no_call() {
  return [](std::reference_wrapper<Shard>) {};
}
std::vector<ActionId> take_outcomes(Mailbox& mailbox) {
  std::vector<ActionId> tasks;
  while (auto message = mailbox.take()) tasks.push_back(std::get<FinishedAttempt>(*message).address.action);
  return tasks;
}

TEST(Mailbox, gives_messages_out_in_the_order_they_came) {
  Mailbox mailbox(4);
  EXPECT_TRUE(mailbox.is_empty());
  mailbox.finished(outcome_of_task(1));
  EXPECT_TRUE(mailbox.post(no_call()));
  EXPECT_FALSE(mailbox.is_empty());
  EXPECT_TRUE(std::holds_alternative<FinishedAttempt>(*mailbox.take()));
  EXPECT_TRUE(std::holds_alternative<ShardCall>(*mailbox.take()));
  EXPECT_FALSE(mailbox.take());
}

TEST(Mailbox, that_is_full_leaves_a_call_as_it_was) {
  Mailbox mailbox(2);
  EXPECT_TRUE(mailbox.post(no_call()));
  EXPECT_TRUE(mailbox.post(no_call()));
  ShardCall call = no_call();
  const ShardCall& kept = call;
  EXPECT_FALSE(mailbox.post(std::move(call)));
  EXPECT_TRUE(kept) << "whoever posts it says what becomes of it";
  ASSERT_TRUE(mailbox.take());
  EXPECT_TRUE(mailbox.post(no_call()));
}

TEST(Mailbox, that_is_full_leaves_an_outcome_as_it_was_to_who_does_not_wait) {
  Mailbox mailbox(2);
  FinishedAttempt first = outcome_of_task(1);
  FinishedAttempt second = outcome_of_task(2);
  FinishedAttempt third = outcome_of_task(3);
  EXPECT_TRUE(mailbox.try_finished(first));
  EXPECT_TRUE(mailbox.try_finished(second));
  EXPECT_FALSE(mailbox.try_finished(third));
  EXPECT_EQ(third.address.action, ActionId(3));
  EXPECT_EQ(take_outcomes(mailbox).size(), 2U);
  EXPECT_TRUE(mailbox.try_finished(third));
}

TEST(Mailbox, of_which_one_is_emptied_within_another_knows_where_it_is) {
  const Mailbox outer(2);
  const Mailbox inner(2);
  const Mailbox::Here here(outer);
  {
    const Mailbox::Here there(inner);
    EXPECT_TRUE(inner.is_here());
    EXPECT_FALSE(outer.is_here());
  }
  EXPECT_TRUE(outer.is_here());
}

// The handler has run: its outcome waits for room.
TEST(Mailbox, that_is_full_keeps_an_outcome_waiting_and_loses_none) {
  Mailbox mailbox(2);
  std::thread sender([&] {
    for (TaskIndex task = 0; task < 100; ++task) mailbox.finished(outcome_of_task(task));
  });
  std::vector<ActionId> taken;
  while (taken.size() < 100) {
    if (const auto message = mailbox.take()) taken.push_back(std::get<FinishedAttempt>(*message).address.action);
  }
  sender.join();
  for (TaskIndex task = 0; task < 100; ++task) EXPECT_EQ(taken[task], task);
}

TEST(Mailbox, that_is_full_and_stopping_lets_go_of_who_waits_with_an_outcome) {
  Mailbox mailbox(2);
  mailbox.finished(outcome_of_task(1));
  mailbox.finished(outcome_of_task(2));
  std::thread sender([&] { mailbox.finished(outcome_of_task(3)); });
  mailbox.stop();
  sender.join();
  EXPECT_EQ(take_outcomes(mailbox), (std::vector<ActionId>{1, 2}));
}

// A shard that waited for room in its own inbox would wait for ever.
TEST(Mailbox, keeps_what_its_own_thread_sends_apart_and_without_a_limit) {
  Mailbox mailbox(2);
  Mailbox other(2);
  std::vector<FinishedAttempt> own;
  {
    const Mailbox::Here here(mailbox);
    EXPECT_TRUE(mailbox.is_here());
    EXPECT_FALSE(other.is_here());
    for (TaskIndex task = 0; task < 10; ++task) mailbox.finished(outcome_of_task(task));
    EXPECT_TRUE(mailbox.has_own());
    EXPECT_FALSE(mailbox.is_empty());
    EXPECT_FALSE(mailbox.take());
    mailbox.take_own(own);
  }
  EXPECT_EQ(own.size(), 10U);
  EXPECT_FALSE(mailbox.has_own());
  EXPECT_TRUE(mailbox.is_empty());
  EXPECT_FALSE(mailbox.is_here());
  mailbox.finished(outcome_of_task(1));
  EXPECT_FALSE(mailbox.has_own()) << "this is any thread again";
}

TEST(Mailbox, tells_once_that_it_was_nudged_and_why) {
  Mailbox mailbox(2);
  EXPECT_FALSE(mailbox.take_nudge());
  mailbox.nudge();
  EXPECT_TRUE(mailbox.take_nudge());
  EXPECT_FALSE(mailbox.take_nudge());
  EXPECT_FALSE(mailbox.take_handlers_added());
  mailbox.handlers_added();
  EXPECT_TRUE(mailbox.take_nudge());
  EXPECT_TRUE(mailbox.take_handlers_added());
  EXPECT_FALSE(mailbox.take_handlers_added());
}

TEST(Mailbox, wakes_its_thread_for_each_of_what_it_may_wait_for) {
  const auto never = [] { return false; };
  const auto wakes = [&](auto send) {
    Mailbox mailbox(2);
    std::thread sender([&] { send(mailbox); });
    mailbox.wait(std::nullopt, false, never);  // or this test does not end
    sender.join();
  };
  wakes([](Mailbox& mailbox) { EXPECT_TRUE(mailbox.post(no_call())); });
  wakes([](Mailbox& mailbox) { mailbox.finished(outcome_of_task(1)); });
  wakes([](Mailbox& mailbox) { mailbox.nudge(); });
  wakes([](Mailbox& mailbox) { mailbox.stop(); });
  std::atomic<bool> ready{false};
  Mailbox mailbox(2);
  std::thread sender([&] {
    ready = true;
    mailbox.wake();
  });
  mailbox.wait(std::nullopt, false, [&] { return ready.load(); });
  sender.join();
}

// A shard with too many batches on their way takes nothing from its inbox, and must not spin because of what is there.
TEST(Mailbox, may_be_waited_at_for_something_else_than_its_messages) {
  Mailbox mailbox(2);
  EXPECT_TRUE(mailbox.post(no_call()));
  mailbox.nudge();
  int asked = 0;
  mailbox.wait(std::nullopt, true, [&] { return ++asked > 1; });
  EXPECT_EQ(asked, 2);
  mailbox.wait(std::nullopt, false, [&] { return ++asked > 99; });
  EXPECT_EQ(asked, 2) << "it is not even asked: there is a message";
}

TEST(Mailbox, that_is_closed_drops_what_is_there_and_what_still_comes) {
  Mailbox mailbox(2);
  const auto promise = std::make_shared<int>();
  const auto holds_promise = [&]() -> ShardCall { return [promise](std::reference_wrapper<Shard>) {}; };
  EXPECT_TRUE(mailbox.post(holds_promise()));
  EXPECT_EQ(promise.use_count(), 2);
  mailbox.close();
  EXPECT_EQ(promise.use_count(), 1) << "a call that is dropped answers for itself";
  EXPECT_TRUE(mailbox.post(holds_promise()));
  EXPECT_EQ(promise.use_count(), 1);
  EXPECT_FALSE(mailbox.take());
}

TEST(Mailbox, stops_for_good) {
  Mailbox mailbox(2);
  EXPECT_FALSE(mailbox.is_stopping());
  mailbox.stop();
  EXPECT_TRUE(mailbox.is_stopping());
  mailbox.wait(std::nullopt, true, [] { return false; });  // returns
}

}  // namespace
}  // namespace pawl::testing
