// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include <thread>

#include "checkpoint_files.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;
using checkpoint::Value;
using Kind = Value::Kind;
using Shape = std::vector<std::int64_t>;

// What make_data.py's state_dict() holds, under a prefix.
void expect_state_dict(const checkpoint::Checkpoint& file, const std::string& prefix = "") {
  EXPECT_EQ(floats(file, prefix + "plain"), (Floats{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(floats(file, prefix + "transposed"), (Floats{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(file.get(prefix + "transposed").shape, (Shape{4, 3}));
  EXPECT_EQ(floats(file, prefix + "part"), (Floats{5, 6, 9, 10}));
  EXPECT_EQ(floats(file, prefix + "expanded"), (Floats{3, 3, 3, 3, 3, 3}));
  EXPECT_EQ(file.get(prefix + "half").dtype, Dtype::float16);
  EXPECT_EQ(floats(file, prefix + "half"), (Floats{0, 1, 2, 3}));
  EXPECT_EQ(floats(file, prefix + "count"), Floats{-7});
  EXPECT_EQ(file.get(prefix + "empty").shape, (Shape{0, 5}));
  EXPECT_TRUE(floats(file, prefix + "empty").empty());
}

TEST(TorchZip, GivesTensorsAndTheirViews) {
  for (const char* name : {"views.pt", "protocol_4.pt", "deflated.pt", "big_endian.pt"}) {
    SCOPED_TRACE(name);
    const auto file = open_small(std::string("torch_file/") + name);
    EXPECT_EQ(file->format(), "PyTorch");
    EXPECT_EQ(names(*file), (Names{"plain", "transposed", "part", "expanded", "half", "count", "empty"}));
    expect_state_dict(*file);
  }
}

TEST(TorchZip, KeepsTheAttributesOfAStateDictBesideItsItems) {
  const auto file = open_small("torch_file/views.pt");
  ASSERT_TRUE(file->root()->is(Kind::dict));
  const Value* metadata = file->root()->state->find("_metadata");
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(metadata->find("version")->integer, 1);
}

TEST(TorchZip, GivesPlainDataBesideTheTensors) {
  const auto file = open_small("torch_file/package.th");
  expect_state_dict(*file, "state.");
  const Value& root = *file->root();
  EXPECT_TRUE(root.find("klass")->is(Kind::reference));
  EXPECT_EQ(root.find("klass")->text, "demucs.hdemucs.HDemucs");
  EXPECT_EQ(root.find("args")->items[0]->integer, 2);
  EXPECT_EQ(root.find("args")->items[1]->text, "x");
  EXPECT_EQ(root.find("kwargs")->find("depth")->integer, 4);
  EXPECT_EQ(root.find("kwargs")->find("rate")->real, 0.5);
  EXPECT_EQ(root.find("absent"), nullptr);
}

TEST(TorchZip, KeepsIntegersBeyond64BitsAsBytes) {
  const auto file = open_small("torch_file/package.th");
  const Value& big = *file->root()->find("kwargs")->find("big");
  EXPECT_TRUE(big.is(Kind::record));
  EXPECT_EQ(big.text, "int");
  EXPECT_EQ(big.args->items[0]->text, std::string("\0\0\0\0\0\0\0\0\x40", 9));  // 2 to the power of 70
}

TEST(TorchZip, NamesTensorsOfAWholeModelAsItsStateDictWould) {
  const auto file = open_small("torch_file/module.pt");
  EXPECT_EQ(names(*file), Names{"head.weight"});
  EXPECT_EQ(floats(*file, "head.weight"), (Floats{1, 2}));
  EXPECT_EQ(file->root()->text, "demucs.hdemucs.HDemucs");
}

TEST(TorchZip, GivesAlignedValuesInPlaceWhereTheyLieSo) {
  const auto file = open_small("torch_file/views.pt");
  for (const auto& tensor : file->tensors()) {
    const auto data = file->read(tensor);
    EXPECT_EQ(data.bytes.size(), tensor.bytes());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data.bytes.data()) % checkpoint::size_of(tensor.dtype), 0U);
  }
}

TEST(TorchZip, IsReadByManyThreadsAtOnce) {
  const auto file = open_small("torch_file/deflated.pt");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&file] {
      for (int round = 0; round < 50; ++round) expect_state_dict(*file);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(TorchLegacy, GivesTensorsAndTheirViews) {
  for (const char* name : {"legacy.pth", "legacy_4.pth"}) {
    SCOPED_TRACE(name);
    const auto file = open_small(std::string("torch_file/") + name);
    EXPECT_EQ(file->format(), "PyTorch (before 1.6)");
    expect_state_dict(*file);
    EXPECT_EQ(floats(*file, "storage_view"), (Floats{5, 6}));  // from 4 on, and there from 1 on
  }
}

TEST(Pickle, GivesArraysAndNumbersOfNumpy) {
  for (int protocol = 2; protocol <= 5; ++protocol) {
    SCOPED_TRACE(protocol);
    const auto file = open_small("torch_file/numpy_" + std::to_string(protocol) + ".pkl");
    EXPECT_EQ(names(*file), (Names{"array", "fortran"}));
    EXPECT_EQ(file->get("array").dtype, Dtype::int32);
    EXPECT_EQ(floats(*file, "array"), (Floats{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(floats(*file, "fortran"), (Floats{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(file->root()->find("number")->real, 2.5);
    EXPECT_EQ(file->root()->find("count")->integer, -3);
    EXPECT_TRUE(file->root()->find("flag")->is(Kind::boolean));
    EXPECT_EQ(file->root()->find("flag")->integer, 1);
  }
}

TEST(Pickle, CallsNothingAndSaysWhatWouldHaveBeenCalled) {
  std::filesystem::remove("mpq-was-here");
  const auto file = open_small("torch_file/evil.pt");
  EXPECT_EQ(floats(*file, "weight").size(), 12U);
  const Value& config = *file->root()->find("config");
  EXPECT_TRUE(config.is(Kind::record));
  EXPECT_EQ(config.text, "posix.system");
  EXPECT_EQ(config.args->items[0]->text, "touch mpq-was-here");
  const auto bare = open_small("torch_file/evil.pkl");
  EXPECT_EQ(bare->root()->find("a")->text, "os.system");
  EXPECT_FALSE(std::filesystem::exists("mpq-was-here"));
}

TEST(Pickle, IsListedForPeople) {
  const auto file = open_small("torch_file/package.th");
  const std::string lines = checkpoint::describe(*file);
  EXPECT_NE(lines.find("PyTorch, 7 tensors, 39 values"), std::string::npos) << lines;
  EXPECT_NE(lines.find("\"klass\" = <class demucs.hdemucs.HDemucs>"), std::string::npos) << lines;
  EXPECT_NE(lines.find("state.transposed  float32 [4, 3]"), std::string::npos) << lines;
}

}  // namespace
}  // namespace mpq::test
