// berth anonymize.
#include <memory>
#include <string>

#include "scheduler/base/executor.h"
#include "scheduler/main/arguments.h"
#include "scheduler/main/commands.h"
#include "scheduler/main/exit_status.h"
#include "scheduler/main/standard_output.h"
#include "scheduler/record/anonymize.h"
#include "scheduler/record/output_file.h"
#include "scheduler/simulate/files.h"

namespace berth::main {
namespace {

struct Options {
  record::AnonymizeOptions anonymize;
  std::string output;
  std::string salt_path;
};

constexpr std::size_t kMinSaltBytes = 16;
constexpr std::size_t kMaxSaltBytes = 65'536;

base::Result<record::KeyedHash> HashOf(const Options& options) {
  if (options.salt_path.empty()) return record::KeyedHash::Random();
  BERTH_ASSIGN(const auto salt, simulate::LoadFile(options.salt_path, kMaxSaltBytes));
  if (salt.size() < kMinSaltBytes) {
    return base::Fail(options.salt_path + ": a salt has at least " + std::to_string(kMinSaltBytes) +
                      " bytes");
  }
  return record::KeyedHash(std::string(salt.view()));
}

std::string Summary(const std::string& path, const record::Anonymized& done) {
  std::string text = path + ": " + std::to_string(done.objects) + " objects";
  for (const auto& [kind, count] : done.dropped) {
    text += "; dropped: " + std::to_string(count) + " " + kind;
  }
  return text + "\n";
}

base::Result<record::Anonymized> Read(const Options& options) {
  BERTH_ASSIGN(record::KeyedHash hash, HashOf(options));
  return record::Anonymize(options.anonymize, std::move(hash), *base::MakeExecutor(0));
}

int Anonymize(const Options& options) {
  const auto done = Read(options);
  if (!done) {
    PrintError(done.error().message());
    return kBadInput;
  }
  if (const auto written = record::ReplaceFile(options.output, done->text); !written) {
    PrintError(written.error().message());
    return kFailure;
  }
  return WriteOut(Summary(options.output, *done)) ? kSuccess : kFailure;
}

}  // namespace

void AddAnonymizeCommand(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "anonymize", "Replace every name of a recorded cluster so that decisions stay the same");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("INPUT", options->anonymize.inputs,
                   "What simulate reads: files, folders or - for standard input; may be gzipped")
      ->type_name("PATH")
      ->required();
  command->add_option("-o,--output", options->output, "Where to; packed if the name ends in .gz")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--salt", options->salt_path,
                   "The key of the hashes in names: with the same one, the same name has the same "
                   "hash; without it nobody knows the key")
      ->type_name("FILE");
  command
      ->add_option(
          "--keep", options->anonymize.keep,
          "A word that stays as it is, or with / at its end a domain of keys and resources")
      ->type_name("WORD");
  command->add_flag("--keep-devices", options->anonymize.keep_devices,
                    "Let drivers, attributes and expressions of dynamic resources stay");
  command->callback([options, &action] { action = [options] { return Anonymize(*options); }; });
}

}  // namespace berth::main
