// An operation as the node sees it: a row of a table, which says what it is and how it is done. The table is given to
// the node when it is made, so that whoever makes a node can add rows.
#pragma once

#include <cstdint>
#include <exception>
#include <span>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pawl/service.h"

#include "orchestrator/steps.h"

namespace pawl {

class Node;
struct OperationRow;

// One call, for as long as it takes.
struct Call {
  Node& node;
  const OperationRow& row;
  Actor actor;
  StepRunner& steps;   // for what takes long
  bool is_waited_for;  // by the thread that has called
  bool may_wait;       // false: that thread would wait for itself
};

enum class HttpMethod : std::uint8_t { get, put, post, del };
[[nodiscard]] std::string_view to_string(HttpMethod method);

// What is said of an operation; the request's type says its name.
struct OperationFacts {
  HttpMethod method = HttpMethod::post;
  std::string_view path{};        // below the root of the API; "{id}" is a member of the request
  bool changes = false;           // something that is stored, or how the node works
  bool repeatable = false;        // done twice it is as if it had been done once, but for the answer
  bool works_while_down = false;  // also while the workflow's shard is down
  bool read_only = false;         // also where the data directory is only read
};

struct OperationRow {
  std::string_view name;
  const std::type_info* type;
  OperationFacts facts;
  void (*start)(Call call, Request request, Completion completion);
};

// `run` does it: it checks the request on the caller's thread, and goes on wherever it has to.
template <Operation R, Steps<typename R::Answer> (*run)(Call call, R request)>
[[nodiscard]] OperationRow operation_row(const OperationFacts& facts) {
  return {.name = R::kOperation,
          .type = &typeid(R),
          .facts = facts,
          .start = [](Call call, Request request, Completion completion) {
            try {
              run(std::move(call), request.take<R>()).start(std::move(completion));
            } catch (const std::exception& thrown) {  // before there were any steps
              completion.fail({.code = ErrorCode::internal, .message = thrown.what()});
            }
          }};
}

// Threads: any, once it is made.
class OperationTable {
 public:
  explicit OperationTable(std::vector<OperationRow> rows);
  OperationTable(const OperationTable&) = delete;
  OperationTable& operator=(const OperationTable&) = delete;

  // nullptr: there is no operation of such a request.
  [[nodiscard]] const OperationRow* find(const Request& request) const;
  [[nodiscard]] std::span<const OperationRow> rows() const { return rows_; }

 private:
  const std::vector<OperationRow> rows_;
  // By the address of the type, which is one in a program as a rule; where it is not, the rows are compared.
  boost::unordered_flat_map<const std::type_info*, const OperationRow*> by_type_;
};

}  // namespace pawl
