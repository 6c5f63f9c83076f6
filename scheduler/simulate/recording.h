// Recordings of clusters, as `berth record` writes them and `berth simulate` reads them: a List of
// objects with a word about itself, and behind it what happened next, one event a line.
//
//   {"kind":"List","apiVersion":"v1","recording":{...},"items":[
//   {"kind":"Node", ...},
//   {"kind":"Pod", ...}
//   ]}
//   {"type":"MODIFIED","object":{"kind":"Pod", ...}}
#pragma once

#include <string_view>

#include "scheduler/api/padded_text.h"
#include "scheduler/base/result.h"

namespace berth::simulate {

// What a recording begins with, and how its List ends.
inline constexpr std::string_view kRecordingStart =
    R"({"kind":"List","apiVersion":"v1","recording":)";
inline constexpr std::string_view kSnapshotEnd = "\n]}\n";

bool IsRecording(std::string_view text);

// What is wrong with a recording that ends too soon: how far it is whole.
base::Error CutRecording(std::string_view text);

// The state at the end of a whole recording, as JSON: the events are applied to the List in their
// order. Objects stay at their place, new ones stand behind; pods whose node is gone are left out.
// Fails where the recording is cut off, and with the number of an event that is none.
base::Result<api::PaddedText> StateOf(api::PaddedText recording);

}  // namespace berth::simulate
