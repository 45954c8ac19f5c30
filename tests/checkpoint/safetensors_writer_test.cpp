// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/safetensors_writer.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "checkpoint/limits.h"
#include "checkpoint_files.h"
#include "tests/support/tools.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;
using checkpoint::Tensor;
using checkpoint::TensorSource;
using checkpoint::write_safetensors;
using Sources = std::vector<TensorSource>;

constexpr std::array<Dtype, 15> writable_types{
    Dtype::boolean, Dtype::uint8,       Dtype::uint16,   Dtype::uint32,  Dtype::uint64,
    Dtype::int8,    Dtype::int16,       Dtype::int32,    Dtype::int64,   Dtype::float8_e4m3,
    Dtype::float16, Dtype::float8_e5m2, Dtype::bfloat16, Dtype::float32, Dtype::float64};

TensorSource source(const Tensor& tensor, std::uint8_t first = 0) {
  return {tensor, [tensor, first]() -> checkpoint::Data {
            const auto bytes = std::make_shared<std::vector<std::uint8_t>>(tensor.bytes());
            std::iota(bytes->begin(), bytes->end(), first);
            return {*bytes, bytes, true};
          }};
}

std::size_t files_in(const TemporaryFolder& folder) {
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder / "")) count += file.exists() ? 1 : 0;
  return count;
}

// The Error of writing these, which leaves nothing behind.
ErrorCode refusal(const Sources& tensors, const std::string& part) {
  const TemporaryFolder folder;
  try {
    write_safetensors(folder / "out", tensors);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    EXPECT_EQ(files_in(folder), 0U);
    return error.code();
  }
  ADD_FAILURE() << "no Error was thrown";
  return ErrorCode::internal;
}

// The example of the header. The bytes are those that the format's description demands.
TEST(SafetensorsWriter, WritesTheHeaderAndTheValues) {
  const TemporaryFolder folder;
  const Floats weight{0, 1, 2, 3, 4, 5};
  write_safetensors(folder / "a",
                    {{{"weight", Dtype::float32, {2, 3}}, [&] { return checkpoint::view(weight); }}});
  const FileBytes bytes = bytes_of(folder / "a");
  const std::string header = R"({"weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}  )";
  ASSERT_EQ(header.size() % 8, 0U);
  ASSERT_EQ(bytes.size(), 8 + header.size() + 24);
  EXPECT_EQ(FileBytes(bytes.begin(), bytes.begin() + 8), (FileBytes{64, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(std::string(bytes.begin() + 8, bytes.end() - 24), header);
  EXPECT_EQ(checkpoint::to_float32(std::span(bytes).last(24), Dtype::float32), weight);
}

TEST(SafetensorsWriter, KeepsTypesShapesValuesAndOrderAndAlignsAll) {
  const TemporaryFolder folder;
  Sources tensors;
  for (const Dtype type : writable_types) {
    tensors.push_back(source({std::string(name_of(type)), type, {3, 1, 1}}, 7));
    tensors.push_back(source({std::string(name_of(type)) + ".single", type, {}}, 9));
    tensors.push_back(source({std::string(name_of(type)) + ".empty", type, {2, 0}}));
  }
  write_safetensors(folder / "a", tensors);
  const auto file = checkpoint::open(folder / "a");
  ASSERT_EQ(file->tensors().size(), tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto &found = file->tensors()[i], &wanted = tensors[i].tensor;
    EXPECT_EQ(found.name, wanted.name);
    EXPECT_EQ(found.dtype, wanted.dtype) << wanted.name;
    EXPECT_EQ(found.shape, wanted.shape) << wanted.name;
    const auto values = file->read(found), expected = tensors[i].load();
    EXPECT_FALSE(values.copied) << wanted.name;
    EXPECT_TRUE(
        std::equal(values.bytes.begin(), values.bytes.end(), expected.bytes.begin(), expected.bytes.end()))
        << wanted.name;
  }
}

TEST(SafetensorsWriter, KeepsAnyNameAndMetadata) {
  const TemporaryFolder folder;
  const Names wanted{"",      "Gewichte.größe",
                     "重み",  std::string("\0\n\"\\\x1b", 5),
                     "a b/c", std::string(checkpoint::limits::name_bytes, 'n')};
  Sources tensors;
  for (const std::string& name : wanted) tensors.push_back(source({name, Dtype::uint8, {1}}));
  const std::map<std::string, std::string> metadata{{"format", "pt"}, {"größe", "\"ü\"\n"}, {"", ""}};
  write_safetensors(folder / "a", tensors, metadata);
  const auto file = checkpoint::open(folder / "a");
  EXPECT_EQ(names(*file), wanted);
  EXPECT_EQ(file->metadata(), metadata);
}

TEST(SafetensorsWriter, WritesAFileOfNoTensors) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {});
  EXPECT_TRUE(checkpoint::open(folder / "a")->tensors().empty());
}

TEST(SafetensorsWriter, KeepsACheckpointAndReplacesItWhileItIsOpen) {
  const TemporaryFolder folder;
  const auto small = small_file("safetensors/types.safetensors");
  std::filesystem::copy_file(small, folder / "a");
  const auto file = checkpoint::open(folder / "a");
  write_safetensors(folder / "a", tensors_of(file), file->metadata());
  const auto copy = checkpoint::open(folder / "a"), original = checkpoint::open(small);
  EXPECT_EQ(describe(*copy).substr(copy->file().size()), describe(*original).substr(original->file().size()));
  for (const std::string& name : names(*original))
    EXPECT_EQ(floats(*copy, name), floats(*original, name)) << name;
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(SafetensorsWriter, ConvertsFloatingPointValuesAlone) {
  const TemporaryFolder folder;
  const auto file = open_small("safetensors/types.safetensors");
  write_safetensors(folder / "a", tensors_of(file, Dtype::bfloat16));
  const auto copy = checkpoint::open(folder / "a");
  for (const char* name : {"f32", "f16", "bf16", "empty"}) EXPECT_EQ(copy->get(name).dtype, Dtype::bfloat16);
  EXPECT_EQ(copy->get("i64").dtype, Dtype::int64);
  EXPECT_EQ(copy->get("flag").dtype, Dtype::boolean);
  EXPECT_EQ(floats(*copy, "f32"), floats(*file, "f32"));
  EXPECT_EQ(floats(*copy, "f16"), (Floats{1, -2, 65536}));
}

TEST(SafetensorsWriter, RefusesWhatTheFormatOrTheReaderHasNot) {
  EXPECT_EQ(refusal({source({"c", Dtype::complex64, {1}})}, "\"c\": safetensors"), ErrorCode::unsupported);
  EXPECT_EQ(refusal({source({"c", Dtype::complex128, {1}})}, "complex128"), ErrorCode::unsupported);
  EXPECT_EQ(refusal({source({"\xFF", Dtype::uint8, {1}})}, "not UTF-8"), ErrorCode::unsupported);
  EXPECT_EQ(refusal({source({"__metadata__", Dtype::uint8, {1}})}, "for itself"),
            ErrorCode::invalid_argument);
  EXPECT_EQ(refusal({source({"a", Dtype::uint8, {1}}), source({"a", Dtype::int8, {1}})}, "twice"),
            ErrorCode::invalid_argument);
  EXPECT_EQ(refusal({source({std::string(513, 'n'), Dtype::uint8, {1}})}, "512 bytes"),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(refusal({source({"a", Dtype::uint8, std::vector<std::int64_t>(17, 1)})}, "17 dim"),
            ErrorCode::limit_exceeded);
  const auto& nothing = [] { return checkpoint::Data{}; };
  EXPECT_EQ(refusal({{{"a", Dtype::uint8, {-1}}, nothing}}, "negative"), ErrorCode::corrupt_data);
  EXPECT_EQ(refusal({{{"a", Dtype::uint16, {2}}, nothing}}, "takes 4 bytes, but 0"), ErrorCode::mismatch);
}

TEST(SafetensorsWriter, ReplacesBytesOfMetadataThatAreNotUtf8) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {}, {{"doc", "gr\xC3"}});
  EXPECT_EQ(checkpoint::open(folder / "a")->metadata().at("doc"), "gr\uFFFD");
}

TEST(SafetensorsWriter, LeavesTheOldFileWhereTheNewOneFails) {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", {source({"old", Dtype::uint8, {1}})});
  const Sources failing{source({"a", Dtype::float32, {1000}}),
                        {{"b", Dtype::uint8, {1}}, []() -> checkpoint::Data { throw std::bad_alloc(); }}};
  EXPECT_THROW(write_safetensors(folder / "a", failing), std::bad_alloc);
  EXPECT_EQ(names(*checkpoint::open(folder / "a")), Names{"old"});
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(SafetensorsWriter, NamesTheFileThatCannotBeWritten) {
  const TemporaryFolder folder;
  const auto message = [](const std::string& path) -> std::string {
    try {
      write_safetensors(path, {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::io);
      EXPECT_FALSE(error.remedy().empty());
      return error.what();
    }
    return "written";
  };
  EXPECT_EQ(message(folder / "none/a"), "cannot create " + folder / "none/a" + ": No such file or directory");
  EXPECT_EQ(message(folder / ""), folder / "" + " is a folder");
  EXPECT_EQ(message("/dev/null"), "/dev/null is there, and no regular file");
}

TEST(SafetensorsWriter, WritesSeveralFilesAtOnceAndTheLastOneOfAName) {
  const TemporaryFolder folder;
  std::vector<std::thread> writers;
  writers.reserve(8);
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&, i] {
      for (int times = 0; times < 8; ++times)
        write_safetensors(folder / (i < 4 ? "same" : std::to_string(i)),
                          {source({"a", Dtype::int64, {999}})});
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(files_in(folder), 5U);
  for (const char* name : {"same", "4", "5", "6", "7"})
    EXPECT_EQ(value_count(*checkpoint::open(folder / name)), 999) << name;
}

}  // namespace
}  // namespace mpq::test
