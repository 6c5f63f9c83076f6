#include "scheduler/base/log.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <memory>

namespace berth::base::log {
namespace {

std::atomic<int> g_verbosity = 0;
std::atomic<Format> g_format = Format::kText;

// klog's header, and nothing at all before JSON.
constexpr auto kTextPattern = "%L%m%d %H:%M:%S.%f %7P %s:%#] %v";
constexpr auto kJsonPattern = "%v";

std::shared_ptr<spdlog::logger> MakeLogger() {
  auto logger = spdlog::create<spdlog::sinks::stderr_sink_mt>("berth");
  logger->set_pattern(kTextPattern);
  logger->set_level(spdlog::level::trace);
  return logger;
}

spdlog::logger& Logger() {
  static const std::shared_ptr<spdlog::logger> logger = MakeLogger();
  return *logger;
}

void AppendUnicodeEscape(unsigned char byte, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

// A JSON string, which is also how Go quotes whatever klog is handed, but for rare characters.
void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          AppendUnicodeEscape(static_cast<unsigned char>(c), out);
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void AppendValue(const Field& field, std::string& out) {
  if (field.quoted()) {
    AppendQuoted(field.value(), out);
  } else {
    out += field.value();
  }
}

void AppendTextField(const Field& field, std::string& out) {
  out += ' ';
  out += field.key();
  out += '=';
  AppendValue(field, out);
}

void AppendJsonField(const Field& field, std::string& out) {
  out += ',';
  AppendQuoted(field.key(), out);
  out += ':';
  AppendValue(field, out);
}

std::string_view FileName(const std::source_location& where) {
  const std::string_view path = where.file_name();
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

struct Entry {
  spdlog::level::level_enum level;
  int verbosity;           // of level info
  std::string_view error;  // of level err; may be empty
  std::string_view message;
};

std::string TextLine(const Entry& entry, Fields fields) {
  std::string line;
  AppendQuoted(entry.message, line);
  if (!entry.error.empty()) AppendTextField({"err", entry.error}, line);
  for (const Field& field : fields) AppendTextField(field, line);
  return line;
}

std::string JsonLine(const Entry& entry, Fields fields, const std::source_location& where) {
  const std::chrono::duration<double, std::milli> now =
      std::chrono::system_clock::now().time_since_epoch();
  std::string line = fmt::format("{{\"ts\":{:.3f},\"caller\":\"{}:{}\",\"msg\":", now.count(),
                                 FileName(where), where.line());
  AppendQuoted(entry.message, line);
  if (entry.level == spdlog::level::info) line += fmt::format(",\"v\":{}", entry.verbosity);
  if (!entry.error.empty()) AppendJsonField({"err", entry.error}, line);
  for (const Field& field : fields) AppendJsonField(field, line);
  line += '}';
  return line;
}

void Write(const Entry& entry, Fields fields, const std::source_location& where) {
  const bool json = g_format.load(std::memory_order_relaxed) == Format::kJson;
  const std::string line = json ? JsonLine(entry, fields, where) : TextLine(entry, fields);
  const std::string file(FileName(where));
  Logger().log(spdlog::source_loc{file.c_str(), static_cast<int>(where.line()), ""}, entry.level,
               spdlog::string_view_t(line));
}

}  // namespace

Field::Field(std::string_view key, double value)
    : key_(key), value_(fmt::format("{}", value)), quoted_(false) {}

void Configure(const Options& options) {
  g_verbosity = options.verbosity;
  g_format = options.format;
  Logger().set_pattern(options.format == Format::kJson ? kJsonPattern : kTextPattern);
}

void SetVerbosity(int verbosity) { g_verbosity = verbosity; }

int Verbosity() { return g_verbosity.load(std::memory_order_relaxed); }

void Info(int verbosity, std::string_view message, Fields fields, std::source_location where) {
  if (Enabled(verbosity)) Write({spdlog::level::info, verbosity, "", message}, fields, where);
}

void Warning(std::string_view message, Fields fields, std::source_location where) {
  Write({spdlog::level::warn, 0, "", message}, fields, where);
}

void Error(std::string_view error, std::string_view message, Fields fields,
           std::source_location where) {
  Write({spdlog::level::err, 0, error, message}, fields, where);
}

}  // namespace berth::base::log
