// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files that nobody saved with good intentions, or whole: each must be answered by an Error, soon and in
// little memory.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <chrono>

#include "checkpoint_files.h"
#include "tests/support/damage.h"
#include "tests/support/sanitized.h"
#include "tests/support/tools.h"

namespace mpq::test {
namespace {

std::string repeated(const std::string& part, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += part;
  return all;
}

template <class Number>
std::string little(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

FileBytes pickle(const std::string& instructions) {
  return characters("\x80\x02" + instructions + ".");
}

std::string text_of_pickle(const std::string& text) {
  return "X" + little(static_cast<std::uint32_t>(text.size())) + text;
}

// Kilobytes that the process ever had in memory.
long peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// The Error's code, if it comes within five seconds and 100 MB.
ErrorCode quick_error_of(const FileBytes& bytes, const std::string& part) {
  const long before = peak_memory();
  const auto start = std::chrono::steady_clock::now();
  const ErrorCode code = error_of(bytes, part);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  if (sanitized()) return code;
  EXPECT_LT(time.count(), 5.0);
  EXPECT_LT(peak_memory() - before, 100000);
  return code;
}

// A member of a zip archive.
struct Member {
  std::string name, content;
  std::uint64_t size;
  std::uint16_t method = 0;
  std::string plain = content;  // whose checksum is written
};

std::string sizes(const Member& member) {
  const auto* const plain = reinterpret_cast<const Bytef*>(member.plain.data());
  const auto crc = crc32(0, plain, static_cast<uInt>(member.plain.size()));
  return little(static_cast<std::uint32_t>(crc)) + little(static_cast<std::uint32_t>(member.content.size())) +
         little(static_cast<std::uint32_t>(member.size)) +
         little(static_cast<std::uint16_t>(member.name.size()));
}

std::string directory_entry(const Member& member, std::size_t place) {
  return "PK\1\2" + little<std::uint32_t>(0) + little<std::uint16_t>(0) + little(member.method) +
         little<std::uint32_t>(0) + sizes(member) + std::string(12, '\0') +
         little(static_cast<std::uint32_t>(place)) + member.name;
}

FileBytes zip(const std::vector<Member>& members, std::size_t listings = 1) {
  std::string data, directory;
  for (const Member& member : members) {
    for (Member listed = member; listed.name.size() < member.name.size() + listings; listed.name += 'x')
      directory += directory_entry(listed, data.size());
    data += "PK\3\4" + little<std::uint32_t>(0) + little(member.method) + little<std::uint32_t>(0) +
            sizes(member) + little<std::uint16_t>(0) + member.name + member.content;
  }
  const auto count = static_cast<std::uint16_t>(members.size() * listings);
  return characters(data + directory + "PK\5\6" + little<std::uint32_t>(0) + little(count) + little(count) +
                    little(static_cast<std::uint32_t>(directory.size())) +
                    little(static_cast<std::uint32_t>(data.size())) + little<std::uint16_t>(0));
}

std::string deflated(const std::string& content) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

FileBytes::iterator find(FileBytes& bytes, const std::string& part) {
  const FileBytes wanted = characters(part);
  const auto at = std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end());
  if (at == bytes.end()) throw std::runtime_error("the small file has changed");
  return at;
}

TEST(HostilePickle, NestedDeeplyIsRefused) {
  EXPECT_EQ(quick_error_of(pickle(repeated("(", 1000000)), "takes"), ErrorCode::corrupt_data);
  EXPECT_EQ(quick_error_of(pickle(repeated("]", 200000) + repeated("a", 199999)), "deeper"),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(pickle(")" + repeated("\x85", 100000)), "deeper"), ErrorCode::limit_exceeded);
}

TEST(HostilePickle, ThatContainsItselfIsCutThere) {
  const std::string zero(1, '\0');
  const auto list = pickle("]q" + zero + "h" + zero + "a");
  const auto file = checkpoint::read(list, "FILE");
  EXPECT_EQ(checkpoint::preview(*file->root()), "[cycle()]");
  const auto dict = pickle("}q" + zero + "K\1h" + zero + "\x85s");
  EXPECT_EQ(checkpoint::preview(*checkpoint::read(dict, "FILE")->root()), "{1: (cycle())}");
}

// Each list holds the one before twice: 2^100 values from 300 bytes.
TEST(HostilePickle, ThatUnfoldsIsRefused) {
  EXPECT_EQ(quick_error_of(pickle("]" + repeated("2\x86", 100)), "unfold"), ErrorCode::limit_exceeded);
}

TEST(HostilePickle, OfTooManyObjectsOrInstructionsIsRefused) {
  EXPECT_EQ(quick_error_of(pickle("]" + repeated("]0", 500000)), "more than 300000 objects"),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(pickle("]" + repeated("N0", 2000000)), "instructions"), ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(pickle("](" + repeated("N", 2900000) + "e"), "unfold"), ErrorCode::limit_exceeded);
}

TEST(HostilePickle, WithAbsurdMemoNumbersIsRefused) {
  EXPECT_EQ(quick_error_of(pickle("]r\xff\xff\xff\xff"), "remembers"), ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(pickle("]p-1\n"), "remembers"), ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(pickle("]j\xff\xff\xff\xff"), "did not remember"), ErrorCode::corrupt_data);
}

// One megabyte of text, which a call is asked to copy ten thousand times.
TEST(HostilePickle, ThatCopiesWithoutEndIsRefused) {
  const std::string zero(1, '\0');
  const std::string text = text_of_pickle(std::string(1000000, 'a')) + "q" + zero;
  EXPECT_EQ(quick_error_of(pickle(text + repeated("c_codecs\nencode\nh" + zero + "\x85R0", 10000)), "copies"),
            ErrorCode::limit_exceeded);
}

TEST(HostilePickle, ThatTakesWhatIsNotThereIsRefused) {
  for (const char* instructions : {"0", "a", "R", "b", "t", "s", "u", "]a", "(a", "(]s", "2", "\x85", "Q",
                                   "NR", "N)R", "]Nb0b", "\x93", "ca\nb\n)\x92"})
    EXPECT_EQ(error_of(pickle(instructions), "pickle"), ErrorCode::corrupt_data) << instructions;
}

TEST(HostilePickle, OfUnknownInstructionsIsRefused) {
  EXPECT_EQ(error_of(pickle("\x82\1"), "instruction 130 at byte 2"), ErrorCode::unsupported);  // an extension
  EXPECT_EQ(error_of(pickle("\x97"), "instruction 151"), ErrorCode::unsupported);  // a buffer elsewhere
}

TEST(HostileZip, ThatUnpacksToFarMoreIsRefused) {
  const std::string zeros = deflated(std::string(64U << 20, '\0'));
  EXPECT_EQ(quick_error_of(zip({{"a/data.pkl", zeros, 64U << 20, 8}}), "its pickle has 67108864 bytes"),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(zip({{"a.npy", zeros, 4000000000U, 8}}), "claims to unpack"),
            ErrorCode::limit_exceeded);
  EXPECT_EQ(quick_error_of(zip({{"a.npy", zeros, 1000, 8}}), "not a .npy file"), ErrorCode::corrupt_data);
}

// As many bytes as can be, each tensor below any limit of one.
TEST(HostileZip, OfManyTensorsThatUnpackToFarMoreIsRefused) {
  const std::string header = "\x93NUMPY\x01" + std::string(1, '\0') + "\x3a" + std::string(1, '\0') +
                             "{'descr':'|u1','fortran_order':False,'shape':(4194304,),}\n";
  const std::string npy = header + std::string(4194304, '\0'), packed = deflated(npy);
  std::vector<Member> members;
  for (int i = 0; i < 64; ++i) members.push_back({std::to_string(i) + ".npy", packed, npy.size(), 8});
  EXPECT_EQ(quick_error_of(zip(members), "8 times the"), ErrorCode::limit_exceeded);
}

TEST(HostileZip, WhoseMembersOverlapIsRefused) {
  EXPECT_EQ(quick_error_of(zip({{"a.npy", "12345678", 8}}, 2), ""), ErrorCode::corrupt_data);
}

TEST(HostileZip, MayHaveADeflatedMemberOfNoBytes) {
  const std::string pickle = "\x80\x02}.";
  const auto bytes = zip({{"a/data.pkl", pickle, pickle.size()}, {"a/byteorder", deflated(""), 0, 8, ""}});
  EXPECT_EQ(checkpoint::read(bytes, "FILE")->tensors().size(), 0U);
}

TEST(HostileZip, OfOtherMethodsIsRefused) {
  EXPECT_EQ(error_of(zip({{"a.npy", "1234", 4, 14}}), "method 14"), ErrorCode::unsupported);
}

TEST(HostileZip, WithADamagedMemberIsRefusedWhenItIsRead) {
  FileBytes bytes = bytes_of(small_file("torch_file/views.pt"));
  const auto at = find(bytes, little(3.0F) + little(4.0F));
  *at ^= 1;
  EXPECT_EQ(error_of(bytes, "tensor \"plain\": its member small/data/0"), ErrorCode::corrupt_data);
}

// Two to the power of 62 values from one, by strides of zero.
TEST(HostileTensors, ExpandedFarBeyondTheirFileAreRefused) {
  FileBytes bytes = bytes_of(small_file("torch_file/legacy.pth"));
  const std::string large = "J" + little(1000000) + "J" + little(1000000) + "\x86";
  const auto at = find(bytes, "K\x02K\x03\x86");
  bytes.insert(bytes.erase(at, at + 5), large.begin(), large.end());
  EXPECT_EQ(quick_error_of(bytes, "claim more than"), ErrorCode::limit_exceeded);
}

TEST(HostileTensors, ReachingBeyondTheirStorageAreRefused) {
  FileBytes bytes = bytes_of(small_file("torch_file/legacy.pth"));
  const auto at = find(bytes, "K\x05K\x02K\x02\x86");  // offset 5 of 12, 2 x 2
  at[1] = 7;
  EXPECT_EQ(error_of(bytes, "tensor \"part\""), ErrorCode::corrupt_data);
}

// As many tensors, dimensions and letters as the limits allow, and at the end a fault.
TEST(HostileTensors, ManyAndWithLongShapesAreRefusedInLittleMemory) {
  std::string header = "{";
  for (int i = 0; i < 32767; ++i)
    header += "\"" + std::string(120, 'n') + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[0" +
              repeated(",9", 15) + "],\"data_offsets\":[0,0]},";
  header += R"("last":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})";
  EXPECT_EQ(quick_error_of(characters(little(header.size()) + header + "1"), "\"last\""),
            ErrorCode::corrupt_data);
}

class SmallFiles : public testing::TestWithParam<const char*> {};

// Between two fields of an ONNX file nothing says that more should follow: it may end after its graph.
TEST_P(SmallFiles, CutAnywhereAreRefused) {
  const FileBytes whole = bytes_of(small_file(GetParam()));
  const bool onnx = std::string(GetParam()).ends_with(".onnx");
  const Names all = names(*open_small(GetParam()));
  for_each_truncation(whole, 1, [&](std::span<const std::uint8_t> bytes) {
    const bool read = succeeds_or_explains([&] { use_all(bytes); });
    EXPECT_TRUE(!read || (onnx && names(*checkpoint::read(bytes, "FILE")) == all)) << bytes.size();
  });
}

TEST_P(SmallFiles, WithBitsFlippedAreReadOrRefused) {
  const FileBytes whole = bytes_of(small_file(GetParam()));
  for_each_bit_flip(whole, 2000, [](std::span<const std::uint8_t> bytes) {
    succeeds_or_explains([&] { use_all(bytes); });
  });
}

INSTANTIATE_TEST_SUITE_P(OfEachFormat, SmallFiles,
                         testing::Values("safetensors/types.safetensors", "torch_file/views.pt",
                                         "torch_file/deflated.pt", "torch_file/legacy.pth",
                                         "torch_file/package.th", "torch_file/numpy_5.pkl",
                                         "numpy_file/f4.npy", "numpy_file/arrays.npz",
                                         "numpy_file/compressed.npz", "onnx_file/quantised.onnx"));

TEST(OtherFiles, AreRefusedWithWhatToDo) {
  const auto remedy = [](const std::string& content) {
    try {
      checkpoint::read(characters(content), "FILE");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      return error.remedy();
    }
    return std::string();
  };
  EXPECT_EQ(remedy("version https://git-lfs.github.com/spec/v1\n"), "Run `git lfs pull` in its repository.");
  EXPECT_EQ(remedy("<!DOCTYPE html>"), "Download the file itself, not the page that shows it.");
  EXPECT_EQ(remedy(std::string("\xfd"
                               "7zXZ\0more",
                               10)),
            "Unpack it first: xz -dk FILE.");
  EXPECT_EQ(remedy("\x89HDF\r\n\x1a\n"), "Convert it to .safetensors or .npz.");
  EXPECT_NE(remedy(""), "");
  EXPECT_NE(remedy("text"), "");
}

TEST(OtherFiles, ThatCannotBeOpenedAreErrorsOfInputAndOutput) {
  const TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { checkpoint::open(folder / "absent"); }), ErrorCode::io);
  EXPECT_EQ(code_of([&] { checkpoint::open(folder / ""); }), ErrorCode::io);
  EXPECT_EQ(code_of([&] { checkpoint::open("/dev/null"); }), ErrorCode::io);
}

}  // namespace
}  // namespace mpq::test
