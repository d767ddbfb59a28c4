// A C ABI over libtorch's boxed dispatcher.
//
// No function per operator: an operator is found once by name and overload, and called with an array of
// tagged values that become a stack of IValues. So a dozen C functions reach all of ATen, and a new
// operator costs one line of C# and none here.
//
// Conventions
//   - A tensor handle is a TensorImpl* that owns one reference; the same native tensor has the same handle.
//     Handles given as arguments are borrowed, handles that come back are owned by the caller.
//   - A function that can fail returns a negative number or null, and foof_last_error() says why. The text
//     belongs to the calling thread and lives until that thread's next failure.
//   - Nothing here is locked: libtorch's own rules for threads hold (many readers, or one writer).

#include "api.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

enum Tag : int32_t {
  kNone = 0,
  kTensor = 1,
  kInt = 2,
  kDouble = 3,
  kBool = 4,
  kIntList = 5,
  kDoubleList = 6,
  kTensorList = 7,
  kOptionalTensorList = 8,
  kString = 9,
  kDevice = 10,
  kGenerator = 11,
};

// One argument or result. `bits` holds an int, the bits of a double, a pointer to list elements or to UTF-8
// text, or a tensor handle; `count` the length of a list or text, or a device's index; `bytes` the memory
// that a resulting tensor alone keeps alive.
struct Value {
  int32_t tag;
  int32_t count;
  int64_t bits;
  int64_t bytes;
};

// The signatures that small operators have most often; their calls need no stack.
enum class Form { kOther, kUnary, kBinary, kBinaryScaled };

// An operator with what a call needs besides: the defaults of arguments left out at the end, which arguments
// are declared float, where the dispatcher refuses an integer, whether no result or argument aliases or
// changes another, and its form.
struct Operator {
  c10::OperatorHandle handle;
  std::vector<c10::IValue> defaults;
  std::vector<bool> has_default;
  std::vector<bool> is_float;
  bool is_pure;
  Form form;
};

bool is_pure(const c10::FunctionSchema& schema) {
  const auto fresh = [](const c10::Argument& argument) { return argument.alias_info() == nullptr; };
  return std::all_of(schema.arguments().begin(), schema.arguments().end(), fresh) &&
      std::all_of(schema.returns().begin(), schema.returns().end(), fresh);
}

Form form_of(const c10::FunctionSchema& schema) {
  using Kind = c10::TypeKind;
  const auto& arguments = schema.arguments();
  const auto is = [&](size_t i, Kind kind) { return arguments[i].type()->kind() == kind; };
  const auto tensors = [&](size_t count) {
    return arguments.size() >= count && is(0, Kind::TensorType) && (count < 2 || is(1, Kind::TensorType));
  };
  if (!is_pure(schema) || schema.returns().size() != 1) return Form::kOther;
  if (schema.returns()[0].type()->kind() != Kind::TensorType) return Form::kOther;
  if (arguments.size() == 1 && tensors(1)) return Form::kUnary;
  if (arguments.size() == 2 && tensors(2)) return Form::kBinary;
  if (arguments.size() == 3 && tensors(2) && is(2, Kind::NumberType)) return Form::kBinaryScaled;
  return Form::kOther;
}

FOOF_NEAR thread_local std::string last_error;

template <typename Body>
auto guarded(decltype(std::declval<Body>()()) failed, Body&& body) noexcept -> decltype(body()) {
  try {
    return body();
  } catch (const c10::Error& e) {
    last_error = e.what_without_backtrace();
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "an exception of unknown type in libtorch";
  }
  return failed;
}

using Handle = at::TensorImpl*;

at::Tensor borrow(Handle handle) {
  return at::Tensor(c10::intrusive_ptr<at::TensorImpl>::unsafe_reclaim_from_nonowning(handle));
}

at::Tensor borrow_or_undefined(Handle handle) {
  return handle == nullptr ? at::Tensor() : borrow(handle);
}

// A tensor without a reference of its own: counting up and down costs more than a small operator may.
class Borrowed {
 public:
  explicit Borrowed(const Value& value)
      : tensor_(c10::intrusive_ptr<at::TensorImpl>::reclaim(reinterpret_cast<Handle>(value.bits))) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { (void)tensor_.unsafeReleaseTensorImpl(); }
  operator const at::Tensor&() const { return tensor_; }

 private:
  at::Tensor tensor_;
};

Handle release(at::Tensor tensor) {
  return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr;
}

// The bytes that die with this handle: all of the storage when nobody shares it, else none.
int64_t exclusive_bytes(const at::Tensor& tensor) {
  if (!tensor.has_storage() || tensor.storage().use_count() != 1) return 0;
  return static_cast<int64_t>(tensor.storage().nbytes());
}

c10::IValue to_ivalue(const Value& value) {
  const auto pointer = reinterpret_cast<void*>(value.bits);
  switch (value.tag) {
    case kNone:
      return c10::IValue();
    case kTensor:
      return c10::IValue(borrow(static_cast<Handle>(pointer)));
    case kInt:
      return c10::IValue(value.bits);
    case kDouble: {
      double number;
      std::memcpy(&number, &value.bits, sizeof number);
      return c10::IValue(number);
    }
    case kBool:
      return c10::IValue(value.bits != 0);
    case kIntList: {
      const auto first = static_cast<const int64_t*>(pointer);
      return c10::IValue(std::vector<int64_t>(first, first + value.count));
    }
    case kDoubleList: {
      const auto first = static_cast<const double*>(pointer);
      return c10::IValue(std::vector<double>(first, first + value.count));
    }
    case kTensorList: {
      const auto first = static_cast<const Handle*>(pointer);
      c10::List<at::Tensor> list;
      list.reserve(value.count);
      for (int32_t i = 0; i < value.count; i++) list.push_back(borrow(first[i]));
      return c10::IValue(std::move(list));
    }
    case kOptionalTensorList: {
      const auto first = static_cast<const Handle*>(pointer);
      c10::List<c10::optional<at::Tensor>> list;
      list.reserve(value.count);
      for (int32_t i = 0; i < value.count; i++) {
        list.push_back(first[i] == nullptr ? c10::optional<at::Tensor>()
                                           : c10::optional<at::Tensor>(borrow(first[i])));
      }
      return c10::IValue(std::move(list));
    }
    case kString:
      return c10::IValue(std::string(static_cast<const char*>(pointer), value.count));
    case kDevice:
      return c10::IValue(
          c10::Device(static_cast<c10::DeviceType>(value.bits), static_cast<c10::DeviceIndex>(value.count)));
    case kGenerator:
      return c10::IValue(*static_cast<at::Generator*>(pointer));
    default:
      TORCH_CHECK(false, "foof: unknown tag ", value.tag);
  }
}

void append_tensor(at::Tensor tensor, Value* results, int32_t capacity, int32_t& count) {
  TORCH_CHECK(count < capacity, "foof: more results than the ", capacity, " asked for");
  const auto bytes = tensor.defined() ? exclusive_bytes(tensor) : 0;
  const auto handle = release(std::move(tensor));
  results[count++] = Value{kTensor, 0, reinterpret_cast<int64_t>(handle), bytes};
}

// The handles appended so far, given back: on failure the caller learns of none of them.
void free_results(Value* results, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    if (results[i].tag != kTensor || results[i].bits == 0) continue;
    c10::intrusive_ptr<at::TensorImpl>::reclaim(reinterpret_cast<Handle>(results[i].bits));
  }
}

void append(c10::IValue& value, Value* results, int32_t capacity, int32_t& count) {
  if (value.isTensor()) {
    append_tensor(std::move(value).toTensor(), results, capacity, count);
    return;
  }
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) append_tensor(tensor, results, capacity, count);
    return;
  }
  TORCH_CHECK(count < capacity, "foof: more results than the ", capacity, " asked for");
  Value& result = results[count++];
  result = Value{kNone, 0, 0, 0};
  if (value.isBool()) {
    result.tag = kBool;
    result.bits = value.toBool();
  } else if (value.isInt()) {
    result.tag = kInt;
    result.bits = value.toInt();
  } else if (value.isDouble()) {
    const double number = value.toDouble();
    result.tag = kDouble;
    std::memcpy(&result.bits, &number, sizeof number);
  } else {
    TORCH_CHECK(value.isNone(), "foof: a result of kind ", value.tagKind(), " has no tag");
  }
}

// Whether autograd has nothing to record: no tensor among the arguments asks for it.
bool untracked(const Value& value) {
  const auto handles = reinterpret_cast<const Handle*>(value.bits);
  const auto free = [](Handle handle) { return handle == nullptr || !handle->requires_grad(); };
  switch (value.tag) {
    case kTensor:
      return free(reinterpret_cast<Handle>(value.bits));
    case kTensorList:
    case kOptionalTensorList:
      return std::all_of(handles, handles + value.count, free);
    default:
      return true;
  }
}

// The result of an operator whose form is known, called without boxing; undefined where the arguments are not
// those of the form.
at::Tensor call_straight(const Operator& op, const Value* arguments, int32_t count) {
  using T = const at::Tensor&;
  const auto is = [&](int32_t i, Tag tag) { return i < count && arguments[i].tag == tag; };
  switch (op.form) {
    case Form::kUnary:
      if (!is(0, kTensor)) break;
      return op.handle.typed<at::Tensor(T)>().call(Borrowed(arguments[0]));
    case Form::kBinary:
      if (!is(0, kTensor) || !is(1, kTensor)) break;
      return op.handle.typed<at::Tensor(T, T)>().call(Borrowed(arguments[0]), Borrowed(arguments[1]));
    case Form::kBinaryScaled: {
      if (!is(0, kTensor) || !is(1, kTensor) || count > 3) break;
      if (count == 3 && !is(2, kInt) && !is(2, kDouble)) break;
      if (count == 2 && !op.has_default[2]) break;
      const at::Scalar scale = (count == 3 ? to_ivalue(arguments[2]) : op.defaults[2]).toScalar();
      return op.handle.typed<at::Tensor(T, T, const at::Scalar&)>().call(
          Borrowed(arguments[0]), Borrowed(arguments[1]), scale);
    }
    case Form::kOther:
      break;
  }
  return at::Tensor();
}

std::vector<at::Tensor> borrow_all(const Handle* handles, int32_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int32_t i = 0; i < count; i++) tensors.push_back(borrow_or_undefined(handles[i]));
  return tensors;
}

}  // namespace

// ---------------------------------------------------------------------------------------------- errors, version

FOOF_API const char* foof_last_error() { return last_error.c_str(); }

// The version of the headers that this library was compiled against.
FOOF_API const char* foof_torch_version() { return TORCH_VERSION; }

// ---------------------------------------------------------------------------------------------- operators

// Finds an operator, e.g. ("aten::add", "Tensor"); null if this libtorch lacks it. Found once, kept for good.
FOOF_API Operator* foof_find(const char* name, const char* overload) {
  static std::mutex guard;
  static std::unordered_map<std::string, std::unique_ptr<Operator>> found;
  return guarded(static_cast<Operator*>(nullptr), [&]() -> Operator* {
    const std::lock_guard<std::mutex> lock(guard);
    auto& entry = found[std::string(name) + "." + overload];
    if (entry != nullptr) return entry.get();
    const auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    auto op = std::make_unique<Operator>(Operator{handle, {}, {}, {}, is_pure(handle.schema()), form_of(handle.schema())});
    for (const auto& argument : handle.schema().arguments()) {
      op->has_default.push_back(argument.default_value().has_value());
      op->defaults.push_back(argument.default_value().value_or(c10::IValue()));
      op->is_float.push_back(argument.type()->kind() == c10::TypeKind::FloatType);
    }
    entry = std::move(op);
    return entry.get();
  });
}

// Calls an operator. Arguments left out at the end take the schema's defaults. Tensor lists in the result
// are flattened. `results` null: the results are dropped (in-place operators, whose result is their first
// argument). Returns the number of results, or -1.
FOOF_API int32_t foof_call(
    Operator* op, const Value* arguments, int32_t argument_count, Value* results, int32_t capacity) {
  return guarded(int32_t{-1}, [&]() -> int32_t {
    // Nothing to record and nothing shared: the kernel is called below autograd, which would only find out
    // the same and costs a tenth of a small operator.
    const bool below_autograd = op->is_pure && std::all_of(arguments, arguments + argument_count, untracked);
    if (below_autograd && results != nullptr && capacity > 0) {
      const at::AutoDispatchBelowAutograd straight;
      auto result = call_straight(*op, arguments, argument_count);
      int32_t count = 0;
      if (result.defined()) append_tensor(std::move(result), results, capacity, count);
      if (count > 0) return count;
    }
    // The stack's memory is reused from call to call; taken out while in use, since an operator may re-enter.
    FOOF_NEAR thread_local torch::jit::Stack spare;
    torch::jit::Stack stack = std::move(spare);
    stack.clear();
    const auto declared = static_cast<int32_t>(op->defaults.size());
    TORCH_CHECK(
        argument_count <= declared, op->handle.schema(), " takes ", declared, " arguments, got ", argument_count);
    for (int32_t i = 0; i < argument_count; i++) {
      if (op->is_float[i] && arguments[i].tag == kInt) {
        stack.emplace_back(static_cast<double>(arguments[i].bits));
      } else {
        stack.push_back(to_ivalue(arguments[i]));
      }
    }
    for (int32_t i = argument_count; i < declared; i++) {
      TORCH_CHECK(op->has_default[i], op->handle.schema(), " needs argument ", i + 1);
      stack.push_back(op->defaults[i]);
    }
    if (below_autograd) {
      const at::AutoDispatchBelowAutograd straight;
      op->handle.callBoxed(&stack);
    } else {
      op->handle.callBoxed(&stack);
    }
    int32_t count = 0;
    if (results != nullptr) {
      try {
        for (auto& value : stack) append(value, results, capacity, count);
      } catch (...) {
        free_results(results, count);
        throw;
      }
    }
    stack.clear();
    spare = std::move(stack);
    return count;
  });
}

// ---------------------------------------------------------------------------------------------- tensors

FOOF_API void foof_free(Handle tensor) {
  guarded(0, [&] {
    c10::intrusive_ptr<at::TensorImpl>::reclaim(tensor);
    return 0;
  });
}

// A second owning handle to the same native tensor.
FOOF_API Handle foof_alias(Handle tensor) { return release(borrow(tensor)); }

FOOF_API int64_t foof_dim(Handle tensor) { return tensor->dim(); }

FOOF_API int64_t foof_numel(Handle tensor) { return tensor->numel(); }

FOOF_API int32_t foof_sizes(Handle tensor, int64_t* sizes) {
  return guarded(int32_t{-1}, [&] {
    const auto source = tensor->sizes();
    std::copy(source.begin(), source.end(), sizes);
    return int32_t{0};
  });
}

FOOF_API int32_t foof_strides(Handle tensor, int64_t* strides) {
  return guarded(int32_t{-1}, [&] {
    const auto source = tensor->strides();
    std::copy(source.begin(), source.end(), strides);
    return int32_t{0};
  });
}

FOOF_API int32_t foof_dtype(Handle tensor) {
  return static_cast<int32_t>(c10::typeMetaToScalarType(tensor->dtype()));
}

FOOF_API int32_t foof_device_type(Handle tensor) { return static_cast<int32_t>(tensor->device().type()); }

FOOF_API int32_t foof_device_index(Handle tensor) { return tensor->device().index(); }

FOOF_API int32_t foof_is_contiguous(Handle tensor) { return tensor->is_contiguous(); }

// The address of the first element, on the tensor's own device; null for a tensor without elements.
FOOF_API void* foof_data(Handle tensor) {
  return guarded(static_cast<void*>(nullptr), [&] { return borrow(tensor).data_ptr(); });
}

// Whole-tensor copy in, from `bytes` bytes of host memory in row-major order.
FOOF_API int32_t foof_copy_in(Handle tensor, const void* source, int64_t bytes) {
  return guarded(int32_t{-1}, [&] {
    const c10::InferenceMode no_tracking(false);
    const at::NoGradGuard no_grad;
    auto target = borrow(tensor);
    const auto needed = static_cast<int64_t>(target.nbytes());
    TORCH_CHECK(needed == bytes, "the tensor holds ", needed, " bytes, got ", bytes);
    const auto options = target.options().device(at::kCPU).requires_grad(false);
    if (needed > 0) target.copy_(at::from_blob(const_cast<void*>(source), target.sizes(), options));
    return int32_t{0};
  });
}

// Whole-tensor copy out, to `bytes` bytes of host memory in row-major order.
FOOF_API int32_t foof_copy_out(Handle tensor, void* target, int64_t bytes) {
  return guarded(int32_t{-1}, [&] {
    const at::NoGradGuard no_grad;
    const auto source = borrow(tensor);
    const auto needed = static_cast<int64_t>(source.nbytes());
    TORCH_CHECK(needed == bytes, "the tensor holds ", needed, " bytes, got ", bytes);
    const auto options = source.options().device(at::kCPU).requires_grad(false);
    if (needed > 0) at::from_blob(target, source.sizes(), options).copy_(source.detach());
    return int32_t{0};
  });
}

// ---------------------------------------------------------------------------------------------- autograd

FOOF_API int32_t foof_requires_grad(Handle tensor) { return borrow(tensor).requires_grad(); }

FOOF_API int32_t foof_set_requires_grad(Handle tensor, int32_t requires_grad) {
  return guarded(int32_t{-1}, [&] {
    borrow(tensor).requires_grad_(requires_grad != 0);
    return int32_t{0};
  });
}

FOOF_API int32_t foof_is_leaf(Handle tensor) { return borrow(tensor).is_leaf(); }

// The accumulated gradient, or null where there is none. A second handle to the same tensor.
FOOF_API Handle foof_grad(Handle tensor) {
  return guarded(static_cast<Handle>(nullptr), [&] { return release(borrow(tensor).grad()); });
}

FOOF_API int32_t foof_set_grad(Handle tensor, Handle gradient) {
  return guarded(int32_t{-1}, [&] {
    auto owner = borrow(tensor);
    const auto value = borrow_or_undefined(gradient);
    if (value.defined()) {
      TORCH_CHECK(
          value.sizes() == owner.sizes(), "the gradient has shape ", value.sizes(), ", its tensor ", owner.sizes());
      TORCH_CHECK(
          value.device() == owner.device(), "the gradient is on ", value.device(), ", its tensor on ",
          owner.device());
    }
    owner.mutable_grad() = value;
    return int32_t{0};
  });
}

// Makes `tensor` hold the data of `source` and keep its identity, so that an optimiser's parameters survive
// a move to another device or type.
FOOF_API int32_t foof_set_data(Handle tensor, Handle source) {
  return guarded(int32_t{-1}, [&] {
    borrow(tensor).set_data(borrow(source));
    return int32_t{0};
  });
}

// d outputs / d inputs, one handle an input (null where an input is unused and that is allowed).
FOOF_API int32_t foof_autograd_grad(
    const Handle* outputs, int32_t output_count, const Handle* inputs, int32_t input_count,
    const Handle* grad_outputs, int32_t grad_output_count, int32_t retain_graph, int32_t create_graph,
    int32_t allow_unused, Value* results) {
  return guarded(int32_t{-1}, [&] {
    const auto gradients = torch::autograd::grad(
        borrow_all(outputs, output_count), borrow_all(inputs, input_count),
        borrow_all(grad_outputs, grad_output_count), retain_graph != 0, create_graph != 0, allow_unused != 0);
    int32_t count = 0;
    for (const auto& gradient : gradients) append_tensor(gradient, results, input_count, count);
    return count;
  });
}

// Accumulates gradients into the leaves, or only into `inputs` where some are given.
FOOF_API int32_t foof_autograd_backward(
    const Handle* tensors, int32_t tensor_count, const Handle* grad_tensors, int32_t grad_count,
    int32_t retain_graph, int32_t create_graph, const Handle* inputs, int32_t input_count) {
  return guarded(int32_t{-1}, [&] {
    torch::autograd::backward(
        borrow_all(tensors, tensor_count), borrow_all(grad_tensors, grad_count), retain_graph != 0,
        create_graph != 0, borrow_all(inputs, input_count));
    return int32_t{0};
  });
}

// ---------------------------------------------------------------------------------------------- modes

FOOF_API int32_t foof_grad_enabled() { return c10::GradMode::is_enabled(); }

FOOF_API void foof_set_grad_enabled(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }

FOOF_API int32_t foof_inference_enabled() { return c10::InferenceMode::is_enabled(); }

// Inference mode is a guard in libtorch: entered and left on one thread, last in first out.
FOOF_API c10::InferenceMode* foof_inference_enter(int32_t enabled) {
  return guarded(
      static_cast<c10::InferenceMode*>(nullptr), [&] { return new c10::InferenceMode(enabled != 0); });
}

FOOF_API void foof_inference_leave(c10::InferenceMode* mode) { delete mode; }

// ---------------------------------------------------------------------------------------------- generators

namespace {

const at::Generator& default_generator(int32_t device_type, int32_t device_index) {
  const auto type = static_cast<c10::DeviceType>(device_type);
  return at::globalContext().defaultGenerator(c10::Device(type, static_cast<c10::DeviceIndex>(device_index)));
}

}  // namespace

// A new generator with its own state.
FOOF_API at::Generator* foof_generator_new(int32_t device_type, int32_t device_index, uint64_t seed) {
  return guarded(static_cast<at::Generator*>(nullptr), [&] {
    const bool cpu = static_cast<c10::DeviceType>(device_type) == c10::DeviceType::CPU;
    auto generator = cpu ? at::detail::createCPUGenerator(seed)
                         : default_generator(device_type, device_index).clone();
    generator.set_current_seed(seed);
    return new at::Generator(std::move(generator));
  });
}

// The device's default generator, shared by everyone who passes none.
FOOF_API at::Generator* foof_generator_default(int32_t device_type, int32_t device_index) {
  return guarded(static_cast<at::Generator*>(nullptr), [&] {
    return new at::Generator(default_generator(device_type, device_index));
  });
}

FOOF_API void foof_generator_free(at::Generator* generator) { delete generator; }

FOOF_API int32_t foof_generator_seed(at::Generator* generator, uint64_t seed) {
  return guarded(int32_t{-1}, [&] {
    const std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(seed);
    return int32_t{0};
  });
}

FOOF_API uint64_t foof_generator_current_seed(at::Generator* generator) {
  const std::lock_guard<std::mutex> lock(generator->mutex());
  return generator->current_seed();
}

FOOF_API Handle foof_generator_state(at::Generator* generator) {
  return guarded(static_cast<Handle>(nullptr), [&] {
    const std::lock_guard<std::mutex> lock(generator->mutex());
    return release(generator->get_state());
  });
}

FOOF_API int32_t foof_generator_set_state(at::Generator* generator, Handle state) {
  return guarded(int32_t{-1}, [&] {
    const std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_state(borrow(state));
    return int32_t{0};
  });
}

// Seeds the default generators of the CPU and of every CUDA device.
FOOF_API int32_t foof_manual_seed(uint64_t seed) {
  return guarded(int32_t{-1}, [&] {
    at::manual_seed(seed);
    return int32_t{0};
  });
}

// ---------------------------------------------------------------------------------------------- machine

FOOF_API int32_t foof_threads() { return at::get_num_threads(); }

FOOF_API int32_t foof_set_threads(int32_t count) {
  return guarded(int32_t{-1}, [&] {
    at::set_num_threads(count);
    return int32_t{0};
  });
}

FOOF_API int32_t foof_interop_threads() { return at::get_num_interop_threads(); }

FOOF_API int32_t foof_set_interop_threads(int32_t count) {
  return guarded(int32_t{-1}, [&] {
    at::set_num_interop_threads(count);
    return int32_t{0};
  });
}

// Whether TF32 may stand in for single precision: in cuBLAS, or in cuDNN.
FOOF_API int32_t foof_allow_tf32(int32_t cudnn) {
  return cudnn != 0 ? at::globalContext().allowTF32CuDNN() : at::globalContext().allowTF32CuBLAS();
}

FOOF_API void foof_set_allow_tf32(int32_t cudnn, int32_t allowed) {
  if (cudnn != 0) {
    at::globalContext().setAllowTF32CuDNN(allowed != 0);
  } else {
    at::globalContext().setAllowTF32CuBLAS(allowed != 0);
  }
}

FOOF_API int32_t foof_cuda_available() {
  return guarded(int32_t{0}, [&] { return static_cast<int32_t>(at::hasCUDA()); });
}

FOOF_API int32_t foof_cuda_devices() {
  return guarded(int32_t{0}, [&] { return static_cast<int32_t>(at::detail::getCUDAHooks().getNumGPUs()); });
}

// Waits until a CUDA device has done all that was asked of it.
FOOF_API int32_t foof_cuda_synchronize(int32_t device_index) {
  return guarded(int32_t{-1}, [&] {
    at::detail::getCUDAHooks().deviceSynchronize(device_index);
    return int32_t{0};
  });
}
