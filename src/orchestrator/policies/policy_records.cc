#include "orchestrator/policies/policy_records.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json_depth.h"
#include "base/json_parse.h"
#include "base/log.h"
#include "base/text.h"
#include "definition/policy_checks.h"

namespace pawl {
namespace {

Result<PolicyConfig> parse_config(PolicyKind kind, const std::string& text) {
  const Result<Json> json = parse_json(text, kStoredDepth);
  return json ? definition::parse_stored_policy(kind, *json) : std::unexpected(json.error());
}

}  // namespace

StoredPolicy to_stored(const PolicyInfo& info) {
  StoredPolicy stored{.id = info.id, .kind = info.kind, .versions = {}};
  for (const PolicyVersion& version : info.versions)
    stored.versions.push_back(
        {.number = version.number, .at = version.at, .config = to_json_text(to_json(version.config))});
  return stored;
}

Result<PolicyInfo> from_stored(const StoredPolicy& stored) {
  PolicyInfo info{.id = stored.id, .kind = stored.kind, .versions = {}};
  for (const StoredPolicy::Version& version : stored.versions) {
    Result<PolicyConfig> config = parse_config(stored.kind, version.config);
    if (config) {
      info.versions.push_back({.number = version.number, .at = version.at, .config = *std::move(config)});
      continue;
    }
    Error why = std::move(config.error())
                    .within(fmt::format("version {} of the stored policy {}", version.number, in_quotes(stored.id)));
    why.code = ErrorCode::corruption;
    if (&version == &stored.versions.back()) return std::unexpected(std::move(why));
    log().warn("{}", describe(why));
  }
  return info;
}

}  // namespace pawl
