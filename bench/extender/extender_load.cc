// Asks an extender as kube-scheduler does, filter and then prioritize, over connections that stay
// open, and prints how long that took as one line of JSON.
//
//   extender_load --port 8888 --mode names --nodes 5000 --connections 16 --seconds 5
//
// `names` sends the names node-0 to node-(N-1), which the extender has to know; `nodes` sends whole
// nodes of --node-bytes each. --changed so many nodes differ from those of the request before.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 8888;
  std::string mode = "names";
  std::size_t nodes = 5000;
  std::size_t node_bytes = 8192;
  std::size_t changed = 0;
  std::size_t connections = 1;
  double seconds = 5;
  double warm_up = 1;
  std::string cpu = "100m";
  std::string scheduler_name = "default-scheduler";
};

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "extender_load: %s\n", why.c_str());
  std::exit(1);
}

// One connection to 127.0.0.1.
class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      Die("cannot connect to port " + std::to_string(port));
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends the request and reads the answer, which has to be a 200. Returns the size of its body.
  std::size_t Ask(std::string_view request) {
    while (!request.empty()) {
      const ssize_t sent = send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) Die("the connection broke");
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::size_t have = Receive(0);
    std::size_t head = std::string_view::npos;
    while ((head = View(have).find("\r\n\r\n")) == std::string_view::npos) have = Receive(have);
    const std::string_view header = View(head);
    if (!header.starts_with("HTTP/1.1 200")) Die("answer: " + std::string(View(have)));
    const auto length = header.find("Content-Length: ");
    if (length == std::string_view::npos) Die("an answer without Content-Length");
    const std::size_t body = std::strtoull(buffer_.data() + length + 16, nullptr, 10);
    const std::size_t all = head + 4 + body;
    while (have < all) have = Receive(have);
    if (have != all) Die("more than one answer");
    return body;
  }

 private:
  std::string_view View(std::size_t size) const { return {buffer_.data(), size}; }

  // Returns how much there is then.
  std::size_t Receive(std::size_t have) {
    if (buffer_.size() - have < kRoom) buffer_.resize(2 * buffer_.size());
    const ssize_t size = recv(socket_, buffer_.data() + have, buffer_.size() - have, 0);
    if (size <= 0) Die("the connection ended");
    return have + static_cast<std::size_t>(size);
  }

  static constexpr std::size_t kRoom = 64 << 10;
  int socket_;
  std::vector<char> buffer_ = std::vector<char>(4 * kRoom);
};

std::string NodeName(std::size_t i) { return "node-" + std::to_string(i); }

// A node with the labels and, to fill it up, the images of a real one. `version` makes it differ.
std::string NodeText(const Options& options, std::size_t i, std::size_t version) {
  const std::string name = NodeName(i);
  std::string text = R"({"metadata":{"name":")" + name + R"(","uid":"uid-)" + name +
                     R"(","resourceVersion":")" + std::to_string(version) +
                     R"(","labels":{"kubernetes.io/hostname":")" + name +
                     R"(","topology.kubernetes.io/zone":"zone-)" + std::to_string(i % 3) +
                     R"("}},"spec":{"podCIDR":"10.0.0.0/24"},"status":{"capacity":{"cpu":"32",)"
                     R"("memory":"128Gi","pods":"110"},"allocatable":{"cpu":"32",)"
                     R"("memory":"128Gi","pods":"110"},"conditions":[{"type":"Ready",)"
                     R"("status":"True"}],"images":[)";
  for (std::size_t image = 0; text.size() + 130 < options.node_bytes; ++image) {
    if (image > 0) text += ',';
    text += R"({"names":["registry.example.org/team/image-)" + std::to_string(image) +
            R"(@sha256:0123456789abcdef0123456789abcdef"],"sizeBytes":)" +
            std::to_string(10'000'000 + image) + "}";
  }
  text += "]}}";
  if (text.size() < options.node_bytes) text.insert(1, options.node_bytes - text.size(), ' ');
  return text;
}

std::string PodText(const Options& options) {
  return R"({"metadata":{"name":"asked","namespace":"default","uid":"uid-asked",)"
         R"("labels":{"app":"asked"}},"spec":{"schedulerName":")" +
         options.scheduler_name +
         R"(","containers":[{"name":"main","image":"asked","resources":{"requests":{"cpu":")" +
         options.cpu + R"(","memory":"64Mi"}}}]}})";
}

std::string BodyText(const Options& options, std::size_t version) {
  std::string body = "{\"Pod\":" + PodText(options);
  if (options.mode == "names") {
    body += ",\"Nodes\":null,\"NodeNames\":[";
    for (std::size_t i = 0; i < options.nodes; ++i) {
      if (i > 0) body += ',';
      body += '"' + NodeName(i) + '"';
    }
    return body + "]}";
  }
  body += ",\"Nodes\":{\"metadata\":{},\"items\":[";
  for (std::size_t i = 0; i < options.nodes; ++i) {
    if (i > 0) body += ',';
    body += NodeText(options, i, i < options.changed ? version : 1);
  }
  return body + "]},\"NodeNames\":null}";
}

std::string RequestText(std::string_view verb, const std::string& body) {
  return "POST /" + std::string(verb) +
         " HTTP/1.1\r\nHost: extender\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Times {
  std::vector<double> filter;  // milliseconds
  std::vector<double> prioritize;
  std::vector<double> pair;
};

double Milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Asks until the end; keeps what began after the warm-up.
Times Run(const Options& options, Clock::time_point warm, Clock::time_point end) {
  Connection connection(options.port);
  Times times;
  std::string filter;
  std::string prioritize;
  for (std::size_t version = 1; Clock::now() < end; ++version) {
    if (version == 1 || options.changed > 0) {
      const std::string body = BodyText(options, version);
      filter = RequestText("filter", body);
      prioritize = RequestText("prioritize", body);
    }
    const auto start = Clock::now();
    connection.Ask(filter);
    const auto middle = Clock::now();
    connection.Ask(prioritize);
    const auto done = Clock::now();
    if (start < warm) continue;
    times.filter.push_back(Milliseconds(middle - start));
    times.prioritize.push_back(Milliseconds(done - middle));
    times.pair.push_back(Milliseconds(done - start));
  }
  return times;
}

double Percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
  return values[at];
}

void Append(std::vector<double>& all, const std::vector<double>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

void Print(const char* name, std::vector<double>& values) {
  std::printf(R"("%s_p50_ms":%.3f,"%s_p99_ms":%.3f,)", name, Percentile(values, 0.5), name,
              Percentile(values, 0.99));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Asks an extender as kube-scheduler does");
  app.add_option("--port", options.port, "Of 127.0.0.1");
  app.add_option("--mode", options.mode, "names or nodes")
      ->check(CLI::IsMember({"names", "nodes"}));
  app.add_option("--nodes", options.nodes, "In each request");
  app.add_option("--node-bytes", options.node_bytes, "Of each whole node");
  app.add_option("--changed", options.changed, "Nodes that differ from request to request");
  app.add_option("--connections", options.connections, "At the same time");
  app.add_option("--seconds", options.seconds, "That are measured");
  app.add_option("--warm-up", options.warm_up, "Seconds before that");
  app.add_option("--cpu", options.cpu, "That the pod asks for");
  app.add_option("--scheduler-name", options.scheduler_name, "Of the pod");
  CLI11_PARSE(app, argc, argv);

  const auto seconds = [](double count) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
  };
  const auto warm = Clock::now() + seconds(options.warm_up);
  const auto end = warm + seconds(options.seconds);
  Times all;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < options.connections; ++i) {
    threads.emplace_back([&] {
      const Times times = Run(options, warm, end);
      const std::scoped_lock lock(mutex);
      Append(all.filter, times.filter);
      Append(all.prioritize, times.prioritize);
      Append(all.pair, times.pair);
    });
  }
  for (auto& thread : threads) thread.join();
  const double rate = static_cast<double>(all.pair.size()) / options.seconds;
  std::printf(R"({"mode":"%s","nodes":%zu,"connections":%zu,"pairs":%zu,)", options.mode.c_str(),
              options.nodes, options.connections, all.pair.size());
  Print("filter", all.filter);
  Print("prioritize", all.prioritize);
  Print("pair", all.pair);
  std::printf("\"pairs_per_second\":%.1f}\n", rate);
  return 0;
}
