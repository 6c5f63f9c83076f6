#include "scheduler/webhook/name_list.h"

#include <algorithm>
#include <utility>

namespace berth::webhook {

NodeRows FindRows(const cluster::NodeTable& nodes, const std::vector<std::string_view>& names) {
  NodeRows found;
  found.rows.reserve(names.size());
  found.known.Resize(nodes.rows());
  for (const std::string_view name : names) {
    const auto row = nodes.Find(name);
    found.rows.push_back(row.value_or(kUnknownRow));
    if (row) {
      found.known.Set(*row);
    } else {
      found.all_known = false;
    }
  }
  return found;
}

std::shared_ptr<NameList> NameLists::Find(const ByteHash& hash, std::string_view array) {
  const std::scoped_lock lock(mutex_);
  const auto it = std::ranges::find(entries_, hash, &Entry::hash);
  if (it == entries_.end() || it->list->text != array) return nullptr;
  it->used = ++clock_;
  return it->list;
}

void NameLists::Keep(const ByteHash& hash, std::shared_ptr<NameList> list) {
  const std::scoped_lock lock(mutex_);
  Entry entry{hash, std::move(list), ++clock_};
  if (entries_.size() < kMost) {
    entries_.push_back(std::move(entry));
  } else {
    *std::ranges::min_element(entries_, {}, &Entry::used) = std::move(entry);
  }
}

base::Result<std::shared_ptr<NameList>> NameLists::Get(std::string_view array,
                                                       api::JsonParser& parser) {
  const ByteHash hash = HashBytes(array);
  if (auto known = Find(hash, array)) return known;
  auto list = std::make_shared<NameList>();
  list->text.reserve(array.size() + api::JsonParser::kPadding);
  list->text = array;
  BERTH_ASSIGN(list->names, ReadNames(list->text, parser));
  Keep(hash, list);
  return list;
}

}  // namespace berth::webhook
