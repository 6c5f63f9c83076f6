#include "scheduler/explain/table_output.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <span>

#include "scheduler/base/text.h"
#include "scheduler/base/text_table.h"

namespace berth::explain {
namespace {

using base::Align;
using base::ListFew;

constexpr std::size_t kWidth = 100;  // columns; a word may be longer
constexpr std::size_t kFewNodes = 5;
constexpr std::size_t kFewMargins = 3;
constexpr std::size_t kFewVictims = 20;
// More hide the other groups; the JSON has them all.
constexpr std::size_t kFewRemedies = 3;

std::string Signed(std::int64_t value) { return (value > 0 ? "+" : "") + std::to_string(value); }

std::string Nodes(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " node" : " nodes");
}

// Words in lines: the first behind `head`, all others below it.
std::string Wrapped(const std::string& head, const std::string& text) {
  std::string out = head;
  std::size_t column = head.size();
  const std::string margin(head.size(), ' ');
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const bool first = column == head.size();
    if (!first && column + 1 + (end - begin) > kWidth) {
      out += "\n" + margin;
      column = margin.size();
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += text.substr(begin, end - begin);
    column += end - begin;
    begin = end + 1;
  }
  return out + "\n";
}

std::string Reasons(const Verdict& verdict) { return ListFew(verdict.reasons, 10); }

std::string TextOf(const Verdict& verdict) {
  return verdict.plugin + ": " + Reasons(verdict) + " (" +
         std::string(framework::Name(verdict.code)) + ")";
}

// ---- The verdict ----

std::string DecisionText(const Choice& choice, std::string_view tie_rule) {
  const std::string total = std::to_string(choice.total);
  switch (choice.by) {
    case DecidedBy::kNomination:
      return "the pod is nominated to it and it fits, so that no other is looked at";
    case DecidedBy::kOnlyNode:
      return "no other node fits, so that its score does not matter";
    case DecidedBy::kTie:
      return std::to_string(choice.tied.size()) + " nodes have the highest total, " + total +
             "; the tie rule (" + std::string(tie_rule) + ") chose among " +
             ListFew(choice.tied, kFewNodes);
    case DecidedBy::kScore:
      break;
  }
  std::vector<std::string> margins;
  for (const auto& [plugin, margin] : choice.margins) {
    margins.push_back(plugin + " " + Signed(margin));
  }
  return "total " + total + ", " + std::to_string(choice.total - choice.runner_up->total) +
         " above " + choice.runner_up->node + " (" + ListFew(margins, kFewMargins) + ")";
}

std::string Fits(const Explanation& explanation) {
  std::string text =
      "Fits " + std::to_string(explanation.feasible) + " of " + Nodes(explanation.nodes);
  if (explanation.scored < explanation.feasible) {
    text += "; " + std::to_string(explanation.scored) + " of them are scored (sample of " +
            std::to_string(explanation.percentage_of_nodes_to_score.value_or(0)) + " %)";
  }
  return text + ".\n";
}

std::string VerdictSection(const Explanation& explanation, std::string_view tie_rule) {
  if (!explanation.error.empty()) {
    return Wrapped("", "The attempt fails with an error: " + explanation.error);
  }
  if (!explanation.choice) {
    std::string text = Wrapped("", "Fits nowhere: " + explanation.message);
    if (explanation.prefilter)
      text += Wrapped("  ",
                      "rejected before any node is looked at by " + TextOf(*explanation.prefilter));
    return text;
  }
  return Fits(explanation) + "Goes to " + explanation.choice->node + "\n" +
         Wrapped("  ", DecisionText(*explanation.choice, tie_rule));
}

std::string CurrentSection(const CurrentNode& current) {
  std::string text = "Runs on " + current.node +
                     "; explained as if it were placed now, taken off it first. There it would ";
  if (current.scores) {
    text += "be number " + std::to_string(current.scores->rank) + " with a total of " +
            std::to_string(current.scores->total) + ".";
  } else if (current.sampled_out) {
    text += "fit, but not be in the sample that is scored.";
  } else {
    text += "be rejected by " + TextOf(current.rejection) + ".";
  }
  return Wrapped("", text);
}

std::string Introduction(const Explanation& explanation) {
  std::string text = "Pod " + explanation.pod + ": " +
                     (explanation.current ? "running" : "pending") + ", priority " +
                     std::to_string(explanation.priority) + ", profile " +
                     explanation.scheduler_name + "\n";
  if (explanation.current) text += CurrentSection(*explanation.current);
  if (!explanation.nominated_node.empty()) {
    text += "Nominated to " + explanation.nominated_node + "\n";
  }
  if (explanation.is_leaving) {
    text += "It is being deleted: no scheduler would place it. If it were not:\n";
  }
  if (explanation.held_back) {
    text += Wrapped("", "Held back before the queue by " + TextOf(*explanation.held_back) +
                            ". If it were not:");
  }
  return text + "\n";
}

// ---- Scores ----

// "NodeResourcesFit" -> "NRF", extenders "EXT"; a number behind it where another plugin has the
// same letters.
std::map<std::string, std::string> ShortNames(const std::vector<Scorer>& scorers) {
  std::map<std::string, std::string> names;
  std::map<std::string, int> taken;
  for (const Scorer& scorer : scorers) {
    std::string letters;
    for (const char c : scorer.plugin) {
      if (std::isupper(static_cast<unsigned char>(c)) != 0) letters += c;
    }
    if (letters.empty()) letters = "EXT";  // the address of an extender
    const int number = ++taken[letters];
    if (number > 1) letters += std::to_string(number);
    names[scorer.plugin] = letters;
  }
  return names;
}

std::vector<std::string> ScoreRow(const ScoredNode& scored) {
  std::vector<std::string> row = {std::to_string(scored.rank), scored.node,
                                  std::to_string(scored.total)};
  for (const auto& score : scored.scores) {
    row.push_back(std::to_string(score.raw) + "/" + std::to_string(score.normalized) + "/" +
                  std::to_string(score.weighted));
  }
  return row;
}

std::string ScoreTable(const std::vector<Scorer>& scorers, std::span<const ScoredNode> nodes) {
  const auto short_names = ShortNames(scorers);
  const auto& scored = nodes.front().scores;  // the same plugins for all
  std::vector<Align> columns = {Align::kRight, Align::kLeft, Align::kRight};
  std::vector<std::string> header = {"RANK", "NODE", "TOTAL"};
  std::vector<std::string> legend;
  for (const Scorer& scorer : scorers) {
    if (std::ranges::find(scored, scorer.plugin, &PluginScore::plugin) == scored.end()) continue;
    const std::string& name = short_names.at(scorer.plugin);
    columns.push_back(Align::kRight);
    header.push_back(name);
    legend.push_back(name + "=" + scorer.plugin + " (weight " + std::to_string(scorer.weight) +
                     ")");
  }
  base::TextTable table(columns);
  table.Add(std::move(header));
  for (const ScoredNode& node : nodes) table.Add(ScoreRow(node));
  if (legend.empty()) return table.ToString();
  return table.ToString() + Wrapped("  ", ListFew(legend, legend.size()));
}

std::string SkippedText(const std::vector<Scorer>& scorers) {
  std::vector<std::string> skipped;
  for (const Scorer& scorer : scorers) {
    if (scorer.skipped) skipped.push_back(scorer.plugin);
  }
  return skipped.empty()
             ? ""
             : Wrapped("  ", "nothing to say of this pod: " + ListFew(skipped, skipped.size()));
}

std::string BestSection(const Explanation& explanation, std::size_t top) {
  if (explanation.ranking.empty()) return "";
  const std::size_t all = explanation.ranking.size();
  const std::size_t shown = top == 0 ? all : std::min(top, all);
  const auto best = std::span(explanation.ranking).first(shown);
  return "\nBest " + std::to_string(shown) + " of " + Nodes(all) + " (raw/normalised/weighted)\n" +
         ScoreTable(explanation.scorers, best) + SkippedText(explanation.scorers);
}

// ---- Rejected nodes ----

std::string RemedyText(const Remedy& remedy) {
  std::string out;
  std::string head =
      "    " + (remedy.nodes.size() == 1 ? remedy.nodes.front() : Nodes(remedy.nodes.size())) +
      ": ";
  for (const auto& obstacle : remedy.obstacles) {
    out += Wrapped(head, obstacle.text);
    if (!obstacle.change.empty()) out += Wrapped("      -> ", obstacle.change);
    head = "      and ";
  }
  return out;
}

std::string RemediesText(const std::vector<Remedy>& remedies) {
  std::string out;
  const std::size_t shown = std::min(remedies.size(), kFewRemedies);
  for (const Remedy& remedy : std::span(remedies).first(shown)) out += RemedyText(remedy);
  if (shown < remedies.size()) {
    out += "    +" + std::to_string(remedies.size() - shown) + " more (all with --output json)\n";
  }
  return out;
}

std::string RejectedSection(const Explanation& explanation) {
  if (explanation.rejected.empty()) return "";
  std::size_t count = 0;
  for (const auto& group : explanation.rejected) count += group.nodes.size();
  std::string out =
      "\nRejected: " + Nodes(count) + ", and what would let the pod past that filter\n";
  for (const auto& group : explanation.rejected) {
    out += Wrapped("  " + Nodes(group.nodes.size()) + "  ", TextOf(group.verdict));
    out += Wrapped("    ", ListFew(group.nodes, kFewNodes));
    out += RemediesText(group.remedies);
  }
  return out;
}

// ---- Preemption, one node ----

std::string PreemptionSection(const Preemption& preemption) {
  std::string out = "\nPreemption\n";
  if (preemption.node.empty()) return out + Wrapped("  ", preemption.message);
  out += "  would nominate the pod to " + preemption.node + ", once these have left it:\n";
  base::TextTable table({Align::kLeft, Align::kLeft, Align::kRight, Align::kLeft});
  table.Add({" ", "POD", "PRIORITY", "DISRUPTION BUDGET"});
  const std::size_t shown = std::min(preemption.victims.size(), kFewVictims);
  for (const Victim& victim : std::span(preemption.victims).first(shown)) {
    table.Add({" ", victim.pod, std::to_string(victim.priority),
               victim.violates_budget ? "violated" : "kept"});
  }
  out += table.ToString();
  if (shown < preemption.victims.size()) {
    out += "  +" + std::to_string(preemption.victims.size() - shown) + " more\n";
  }
  return out;
}

std::string FilterTable(const NodeReport& report) {
  base::TextTable table({Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
  table.Add({" ", "FILTER", "VERDICT", "REASON"});
  for (const auto& filter : report.filters) {
    const auto code =
        filter.skipped ? std::string_view("Skip") : framework::Name(filter.verdict.code);
    table.Add({" ", filter.verdict.plugin, std::string(code), Reasons(filter.verdict)});
  }
  return table.ToString();
}

std::string NodeSection(const NodeReport& report, const std::vector<Scorer>& scorers) {
  std::string out = "\nNode " + report.node + ": " + (report.feasible ? "fits" : "does not fit");
  if (report.sampled_out) out += ", but is not in the sample that is scored";
  out += "\n";
  if (!report.narrowed_by.empty()) {
    out += Wrapped("  ", "not looked at: " + ListFew(report.narrowed_by, kFewNodes) +
                             " leaves other nodes only");
  }
  if (report.filters.empty()) return out + "  no filter is asked: a PreFilter rejects the pod\n";
  out += FilterTable(report);
  for (const auto& filter : report.filters) {
    if (filter.remedies.empty()) continue;
    out += "  " + filter.verdict.plugin + "\n" + RemediesText(filter.remedies);
  }
  if (report.with_nominated) {
    out += Wrapped("  ", "with the pods nominated to it: " + TextOf(*report.with_nominated));
  }
  if (!report.scores) return out;
  out += report.feasible ? "Scores\n" : "Scores, if it were feasible\n";
  return out + ScoreTable(scorers, std::span(&*report.scores, 1));
}

}  // namespace

std::string TableOutput(const Explanation& explanation, std::size_t top,
                        std::string_view tie_rule) {
  std::string out = Introduction(explanation) + VerdictSection(explanation, tie_rule) +
                    BestSection(explanation, top) + RejectedSection(explanation);
  if (explanation.preemption) out += PreemptionSection(*explanation.preemption);
  if (explanation.node) out += NodeSection(*explanation.node, explanation.scorers);
  // Line feeds are ours; whatever else a terminal would obey came with a name.
  std::ranges::replace_if(
      out, [](char c) { return c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f); },
      '?');
  return out;
}

}  // namespace berth::explain
