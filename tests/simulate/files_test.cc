#include "scheduler/simulate/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "tests/simulate/temporary_folder.h"

namespace berth::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Gzip(std::string_view text) {
  constexpr int kGzipFormat = 16;
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + kGzipFormat, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Problem(const std::string& path, std::size_t max_bytes = kMaxUnpackedBytes) {
  const auto text = LoadFile(path, max_bytes);
  return text ? "no error" : text.error().message();
}

TEST(FilesTest, ListsFoldersInSortedOrder) {
  const TemporaryFolder folder;
  const std::string b = folder.Write("b.yaml", "");
  const std::string a = folder.Write("sub/a.json.gz", "");
  const std::string c = folder.Write("a/c.yml", "");
  folder.Write("note.txt", "");
  folder.Write("archive.gz", "");
  const auto files = ListFiles({folder.path(), "-"}, {".json", ".yaml", ".yml"});
  ASSERT_TRUE(files);
  EXPECT_THAT(*files, ElementsAre(c, b, a, "-"));
  const auto none = ListFiles({folder.path()}, {".csv"});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message(), HasSubstr("holds no input file"));
}

TEST(FilesTest, KnowsExtensions) {
  EXPECT_EQ(ExtensionOf("a.b/c.yaml.gz"), ".yaml");
  EXPECT_EQ(ExtensionOf("a.b/c"), "");
  EXPECT_EQ(ExtensionOf("c.json"), ".json");
}

TEST(FilesTest, LoadsPlainAndPackedFiles) {
  const TemporaryFolder folder;
  std::string text(3'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); i += 7) text[i] = static_cast<char>('a' + i % 23);
  EXPECT_EQ(LoadFile(folder.Write("plain", text))->view(), text);
  EXPECT_EQ(LoadFile(folder.Write("packed", Gzip(text)))->view(), text);
  EXPECT_EQ(LoadFile(folder.Write("two", Gzip("one,") + Gzip("two")))->view(), "one,two");
  EXPECT_EQ(LoadFile(folder.Write("padded", Gzip("one") + std::string(512, '\0')))->view(), "one");
  EXPECT_EQ(LoadFile(folder.Write("empty", ""))->view(), "");
}

TEST(FilesTest, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  const std::string packed = Gzip(std::string(100'000, 'x') + "end");
  EXPECT_THAT(Problem(folder.path() + "/nope"), HasSubstr("cannot open: No such file"));
  EXPECT_THAT(Problem(folder.path()), HasSubstr("is a folder"));
  EXPECT_THAT(Problem(folder.Write("cut.gz", packed.substr(0, packed.size() - 9))),
              HasSubstr("cut.gz: the gzip file is cut off"));
  EXPECT_THAT(Problem(folder.Write("header.gz", packed.substr(0, 5))), HasSubstr("cut off"));
  std::string damaged = packed;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_THAT(Problem(folder.Write("bad.gz", damaged)), HasSubstr("bad.gz: the gzip file is"));
  EXPECT_THAT(Problem(folder.Write("tail.gz", packed + "junk")), HasSubstr("damaged"));
  EXPECT_THAT(Problem(folder.Write("bomb.gz", Gzip(std::string(5'000'000, '\0'))), 1'000'000),
              HasSubstr("unpacks to more than 1000000 bytes"));
  EXPECT_THAT(Problem(folder.Write("large", std::string(2'000'000, 'x')), 1'000'000),
              HasSubstr("larger than 1000000 bytes"));
}

}  // namespace
}  // namespace berth::simulate
