// A policy as it is recorded (model/records/policy.h), from and to what the registry has of it.
#pragma once

#include "pawl/policy.h"

#include "model/records/policy.h"

namespace pawl {

[[nodiscard]] StoredPolicy to_stored(const PolicyInfo& info);
// Its versions, without those that do not make sense. Error: `corruption`, the latest one does not.
[[nodiscard]] Result<PolicyInfo> from_stored(const StoredPolicy& stored);

}  // namespace pawl
