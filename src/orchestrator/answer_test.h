// What tests have of steps: their answer.
#pragma once

#include <optional>
#include <utility>

#include "orchestrator/steps.h"

namespace pawl::testing {

// Starts the steps. Whether and what they have answered is in the result, which stays where it is until they have.
template <class T>
void start(Steps<T> steps, std::optional<Result<T>>& answer) {
  std::move(steps).start(Completion::of<T>([&answer](Result<T> result) { answer = std::move(result); }));
}

// The answer of steps that wait for nobody.
template <class T>
Result<T> answer_of(Steps<T> steps) {
  std::optional<Result<T>> answer;
  start(std::move(steps), answer);
  return *std::move(answer);
}

}  // namespace pawl::testing
