// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads the weights (initialisers) of ONNX models, in graphs within graphs too, and adds those that a
// quantised export holds as integers: (values - zero point) * scale. https://onnx.ai/onnx/repo-docs/IR.html
#include <algorithm>
#include <set>

#include "checkpoint/contents.h"
#include "checkpoint/limits.h"
#include "checkpoint/onnx_quantised.h"
#include "checkpoint/onnx_tensor.h"

namespace mpq::checkpoint {
namespace {

using protobuf::Field;
using protobuf::Message;

// Numbers of fields.
namespace model {
enum : std::uint32_t {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  doc_string = 6,
  graph = 7,
  metadata_props = 14,
  highest = 30
};
}
namespace graph {
enum : std::uint32_t { node = 1, initializer = 5, sparse_initializer = 15 };
}
namespace node {
enum : std::uint32_t { input = 1, op_type = 4, attribute = 5 };
}
namespace attribute {
enum : std::uint32_t { name = 1, integer = 3, graph = 6, graphs = 11 };
}

constexpr std::size_t metadata_bytes = 4096, metadata_entries = 1024;

std::string_view shortened(const Field& field, std::size_t most) {
  return as_text(field.bytes).substr(0, most);
}

class Reader {
 public:
  explicit Reader(const Source& source) : source_(source) {}

  Contents read() {
    contents_.format = "ONNX";
    Message fields(source_.bytes, 0, budget_);
    bool found = false;
    while (const auto field = fields.next()) {
      found = found || field->number == model::graph;
      read_model_field(*field);
    }
    if (!found) corrupt("it is cut short: an ONNX model without a graph");
    add_dequantised(contents_, uses_);
    return std::move(contents_);
  }

 private:
  void read_model_field(const Field& field) {
    if (field.number == model::graph) read_graph(field, 0);
    if (field.number == model::metadata_props) read_property(field);
    if (field.number == model::producer_name) put_metadata("producer", shortened(field, metadata_bytes));
    if (field.number == model::producer_version)
      put_metadata("producer version", shortened(field, metadata_bytes));
    if (field.number == model::doc_string) put_metadata("doc string", shortened(field, metadata_bytes));
  }

  void read_property(const Field& property) {
    Message fields(property, budget_);
    std::string_view key, value;
    while (const auto field = fields.next())
      (field->number == 1 ? key : value) = shortened(*field, metadata_bytes);
    put_metadata(key, value);
  }

  void put_metadata(std::string_view key, std::string_view value) {
    if (contents_.metadata.size() < metadata_entries) contents_.metadata[std::string(key)] = value;
  }

  void read_graph(const Field& message, std::size_t depth) {
    if (depth > limits::onnx_depth)
      throw Error(ErrorCode::limit_exceeded, text("its graphs are nested deeper than ", limits::onnx_depth));
    read_initialisers(message);
    Message fields(message, budget_);
    while (const auto field = fields.next())
      if (field->number == graph::node) read_node(*field, depth);
  }

  // Before the nodes, which stand before them and may have graphs: names are first of all this graph's.
  void read_initialisers(const Field& message) {
    Message fields(message, budget_);
    while (const auto field = fields.next()) {
      if (field->number == graph::initializer) add(read_onnx_tensor(*field, source_, budget_));
      if (field->number == graph::sparse_initializer)
        throw Error(ErrorCode::unsupported, "it has sparse weights", "Export the model with dense weights.");
    }
  }

  // Graphs within graphs may repeat a name of the graph around them: theirs get an apostrophe.
  void add(Array array) {
    while (!names_.insert(array.tensor.name).second) {
      array.tensor.name += '\'';
      if (array.tensor.name.size() > limits::name_bytes) corrupt("it repeats the name of a tensor too often");
    }
    contents_.add(std::move(array));
  }

  void read_node(const Field& message, std::size_t depth) {
    Message fields(message, budget_);
    std::vector<std::string> inputs;
    std::string_view type;
    std::int64_t axis = 1;  // which DequantizeLinear takes by itself
    while (const auto field = fields.next()) {
      if (field->number == node::input && inputs.size() < 4)
        inputs.emplace_back(shortened(*field, limits::name_bytes));
      if (field->number == node::op_type) type = as_text(field->bytes);
      if (field->number == node::attribute) read_attribute(*field, axis, depth);
    }
    note_use(uses_, type, inputs, axis);
  }

  void read_attribute(const Field& message, std::int64_t& axis, std::size_t depth) {
    Message fields(message, budget_);
    bool is_axis = false;
    while (const auto field = fields.next()) {
      if (field->number == attribute::name) is_axis = as_text(field->bytes) == "axis";
      if (field->number == attribute::integer && is_axis) axis = static_cast<std::int64_t>(field->value);
      if (field->number == attribute::graph || field->number == attribute::graphs)
        read_graph(*field, depth + 1);
    }
  }

  const Source& source_;
  Contents contents_;
  std::set<std::string> names_;
  QuantisedUses uses_;
  std::size_t budget_ = limits::onnx_fields;
};

}  // namespace

// ONNX has no signature. Its first field is the version, a small number, and the next is one of the model's.
bool looks_like_onnx(Bytes bytes) {
  if (bytes.size() < 4 || bytes[0] != (model::ir_version << 3) || bytes[1] == 0 || bytes[1] > 100)
    return false;
  return bytes[2] >> 3 >= 1 && bytes[2] >> 3 <= model::highest;
}

Contents read_onnx(const Source& source) {
  return Reader(source).read();
}

}  // namespace mpq::checkpoint
