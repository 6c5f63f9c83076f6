#include "scheduler/report/assets.h"

// The assembler takes the files in as they are: a string literal of this size takes a compiler
// seconds.
#define BERTH_EMBED(name, path)                        \
  __asm__(                                             \
      ".pushsection .rodata\n"                         \
      ".global berth_report_" #name                    \
      "_begin\n"                                       \
      "berth_report_" #name                            \
      "_begin:\n"                                      \
      ".incbin \"" path                                \
      "\"\n"                                           \
      ".global berth_report_" #name                    \
      "_end\n"                                         \
      "berth_report_" #name                            \
      "_end:\n"                                        \
      ".byte 0\n"                                      \
      ".popsection\n");                                \
  extern "C" const char berth_report_##name##_begin[]; \
  extern "C" const char berth_report_##name##_end[]

BERTH_EMBED(page, BERTH_WEB "/page.html");
BERTH_EMBED(style, BERTH_WEB "/style.css");
BERTH_EMBED(d3, BERTH_D3);
BERTH_EMBED(licence, BERTH_WEB "/d3-licence.txt");
BERTH_EMBED(inflate, BERTH_WEB "/inflate.js");
BERTH_EMBED(base, BERTH_WEB "/base.js");
BERTH_EMBED(charts, BERTH_WEB "/charts.js");
BERTH_EMBED(heatmap, BERTH_WEB "/heatmap.js");
BERTH_EMBED(simulation, BERTH_WEB "/simulation.js");
BERTH_EMBED(sweep, BERTH_WEB "/sweep.js");
BERTH_EMBED(main, BERTH_WEB "/main.js");

#define BERTH_TEXT(name) std::string_view(berth_report_##name##_begin, berth_report_##name##_end)

namespace berth::report {

const Assets& EmbeddedAssets() {
  static const Assets assets = {
      .page = BERTH_TEXT(page),
      .style = BERTH_TEXT(style),
      .d3 = BERTH_TEXT(d3),
      .licence = BERTH_TEXT(licence),
      .scripts = {BERTH_TEXT(inflate), BERTH_TEXT(base), BERTH_TEXT(charts), BERTH_TEXT(heatmap),
                  BERTH_TEXT(simulation), BERTH_TEXT(sweep), BERTH_TEXT(main)}};
  return assets;
}

}  // namespace berth::report
