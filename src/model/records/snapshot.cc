#include "model/records/snapshot.h"

#include <utility>

#include "model/encoding.h"
#include "model/stored.pb.h"

namespace pawl {

std::string snapshot_key(std::string_view workflow, std::string_view id) {
  return std::string(workflow).append(1, '\0').append(id);
}

std::string encode(const StoredSnapshot& snapshot) {
  stored::Snapshot message;
  message.set_id(snapshot.id);
  message.set_workflow(snapshot.workflow);
  message.set_created_at_us(to_stored_time(snapshot.created_at));
  message.set_label(snapshot.label);
  message.set_state(snapshot.state);
  return message.SerializeAsString();
}

// A key ends where its workflow does, so neither may have what ends it.
Result<StoredSnapshot> decode_snapshot(std::string_view key, std::string_view bytes) {
  stored::Snapshot message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || message.workflow().empty() ||
      message.workflow().find('\0') != std::string::npos || snapshot_key(message.workflow(), message.id()) != key)
    return corrupt_row("snapshot", key.substr(key.find('\0') + 1));
  return StoredSnapshot{.id = message.id(),
                        .workflow = message.workflow(),
                        .created_at = from_stored_time(message.created_at_us()),
                        .label = message.label(),
                        .state = std::move(*message.mutable_state())};
}

RecordChange snapshot_record(const StoredSnapshot& snapshot) {
  return {.kind = RecordKind::snapshot, .key = snapshot_key(snapshot.workflow, snapshot.id), .value = encode(snapshot)};
}

RecordChange snapshot_removal(std::string_view workflow, std::string_view id) {
  return {.kind = RecordKind::snapshot, .key = snapshot_key(workflow, id), .value = std::nullopt};
}

}  // namespace pawl
