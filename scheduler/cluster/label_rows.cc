#include "scheduler/cluster/label_rows.h"

#include "scheduler/base/key_builder.h"

namespace berth::cluster {
namespace {

constexpr ChangeSet kKinds = kLabelChange | kNodeLifeChange;
// A bitmap further behind than this is computed anew, which is quicker.
constexpr std::size_t kMaxJournal = 4096;
constexpr std::size_t kMinSizeToClean = 1024;

std::string KeyOf(const api::NodeSelector& selector) {
  std::string key;
  for (const auto& term : selector.terms) AppendNodeSelectorTermKey(key, term);
  return key;
}

void FindWords(const scoring::NodeMask& rows, std::size_t& begin, std::size_t& end) {
  begin = 0;
  end = rows.word_count();
  while (begin < end && rows.words()[begin] == 0) ++begin;
  while (end > begin && rows.words()[end - 1] == 0) --end;
}

}  // namespace

std::shared_ptr<LabelRows> LabelRowsCache::Get(const api::NodeSelector& selector) {
  return GetByKey("s" + KeyOf(selector), &selector);
}

std::shared_ptr<LabelRows> LabelRowsCache::Everywhere() { return GetByKey("", nullptr); }

std::shared_ptr<LabelRows> LabelRowsCache::GetByKey(const std::string& key,
                                                    const api::NodeSelector* selector) {
  if (by_key_.size() >= 2 * size_at_cleaning_ + kMinSizeToClean) {
    boost::unordered::erase_if(by_key_, [](const auto& item) { return item.second.expired(); });
    size_at_cleaning_ = by_key_.size();
  }
  auto& entry = by_key_[key];
  if (auto known = entry.lock()) return known;
  auto made = std::make_shared<LabelRows>();
  if (selector != nullptr) {
    made->selector_ = CompiledNodeSelector::Compile(*selector, nodes_, symbols_);
  }
  entry = made;
  return made;
}

void LabelRowsCache::ReadLog() {
  const bool covered = log_.Covers(log_seen_);
  if (covered && !log_.AnySince(log_seen_, kKinds)) {
    log_seen_ = log_.end();
    return;
  }
  if (covered) {
    log_.ForEachSince(log_seen_, [&](const ChangeLog::Change& change) {
      if ((change.kinds & kKinds) != 0) journal_.push_back(change.node);
    });
  }
  if (!covered || journal_.size() > kMaxJournal) {
    // Past every position that anybody remembers.
    journal_start_ += journal_.size() + 1;
    journal_.clear();
  }
  log_seen_ = log_.end();
}

void LabelRowsCache::Compute(LabelRows& rows) const {
  rows.rows_ = nodes_.alive();
  if (rows.selector_) rows.selector_->Filter(nodes_, symbols_, rows.rows_);
}

void LabelRowsCache::CatchUp(LabelRows& rows) const {
  rows.rows_.Resize(nodes_.rows());
  for (std::uint64_t i = rows.seen_ - journal_start_; i < journal_.size(); ++i) {
    const NodeIndex row = journal_[i];
    rows.rows_.SetTo(row, nodes_.alive().Test(row) &&
                              (!rows.selector_ || rows.selector_->Matches(nodes_, symbols_, row)));
  }
}

const LabelRows& LabelRowsCache::Refresh(LabelRows& rows) {
  ReadLog();
  const std::uint64_t end = journal_start_ + journal_.size();
  if (rows.valid_ && rows.seen_ == end) return rows;
  if (rows.valid_ && rows.seen_ >= journal_start_) {
    CatchUp(rows);
  } else {
    Compute(rows);
  }
  FindWords(rows.rows_, rows.begin_word_, rows.end_word_);
  rows.valid_ = true;
  rows.seen_ = end;
  return rows;
}

}  // namespace berth::cluster
