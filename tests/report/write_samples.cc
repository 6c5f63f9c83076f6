// Writes the pages that browser_test.py looks at into a folder.
#include <cstdio>
#include <fstream>
#include <string>

#include "scheduler/report/simulation_page.h"
#include "scheduler/report/sweep_page.h"
#include "tests/report/sample_run.h"
#include "tests/report/sample_sweep.h"

namespace {

bool Write(const std::string& path, const berth::base::Result<std::string>& page) {
  if (!page) return false;
  std::ofstream file(path, std::ios::binary);
  file << *page;
  file.flush();
  return file.good();
}

berth::base::Result<std::string> PageOf(const berth::report::SampleRun& run) {
  return berth::report::SimulationPage(run.summary, run.insight);
}

}  // namespace

int main(int count, char** arguments) {
  using namespace berth::report;
  if (count != 2) {
    std::fputs("usage: report_samples FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = std::string(arguments[1]) + "/";
  const bool written = Write(folder + "small.html", PageOf(MakeSampleRun(60, 300))) &&
                       Write(folder + "large.html", PageOf(MakeSampleRun(5000, 20000))) &&
                       Write(folder + "empty.html", PageOf({})) &&
                       Write(folder + "sweep.html", SweepPage(MakeSampleSweep())) &&
                       Write(folder + "no-runs.html", SweepPage({}));
  return written ? 0 : 1;
}
