// One event as it is stored (stored.Event in stored.proto).
//
// Nothing that was ever written may be read in another way; a new meaning is a new event. event_bytes_test.cc has what
// is written of each kind.
#pragma once

#include "pawl/result.h"

#include "model/encoding.h"
#include "model/event.h"

namespace pawl {

// `run_at`: the time of the first event of the run that it is stored in.
void encode_event(const Event& event, Timestamp run_at, stored::Event& out);

}  // namespace pawl
