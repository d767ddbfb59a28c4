using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The tensor on the processor: itself if it is there.</summary>
        public Tensor cpu() => to(CPU);

        /// <summary>The tensor on a CUDA device: itself if it is there.</summary>
        public Tensor cuda(Device? device = null, bool non_blocking = false) =>
            to(device ?? CUDA, non_blocking: non_blocking);

        /// <summary>The elements as another type.</summary>
        public Tensor to(
            ScalarType type,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => to_type(type, copy, disposeAfter, non_blocking);

        /// <summary>The elements as another type on another device.</summary>
        public Tensor to(
            ScalarType type,
            Device device,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => After(Aten.ToDevice.Call(this, device, type, non_blocking, copy), disposeAfter);

        /// <summary>The elements on another device.</summary>
        public Tensor to(
            Device device,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) =>
            After(
                Aten.ToDtypeLayout.Call(this, Value.None, Value.None, device, Value.None, non_blocking, copy),
                disposeAfter
            );

        /// <summary>The elements on another device.</summary>
        public Tensor to(
            DeviceType deviceType,
            int deviceIndex = -1,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        /// <summary>The elements on the device that a description names.</summary>
        public Tensor to(
            string device,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => to(new Device(device), copy, disposeAfter, non_blocking);

        /// <summary>The elements with the type and on the device of other.</summary>
        public Tensor to(Tensor other, bool non_blocking = false) =>
            Aten.ToOther.Call(this, other, non_blocking);

        /// <summary>
        /// The elements as another type; the same tensor if it has that type and no copy is asked for.
        /// </summary>
        public Tensor to_type(
            ScalarType type,
            bool copy = false,
            bool disposeAfter = false,
            bool non_blocking = false
        ) => After(Aten.ToDtype.Call(this, type, non_blocking, copy), disposeAfter);

        /// <summary>The elements as the type of another tensor.</summary>
        public Tensor type_as(Tensor tensor) => to_type(tensor.dtype);

        /// <summary>The result of a conversion.</summary>
        public Tensor type(Func<Tensor, Tensor> typeFunc) => typeFunc(this);

        /// <summary>The elements as another type.</summary>
        public Tensor type(ScalarType dtype) => to(dtype);

        /// <summary>Whether every element is nonzero.</summary>
        public Tensor @bool() => to_type(ScalarType.Bool);

        /// <summary>The elements as unsigned 8-bit integers.</summary>
        public Tensor @byte() => to_type(ScalarType.Byte);

        /// <summary>The elements as signed 8-bit integers.</summary>
        public Tensor @char() => to_type(ScalarType.Int8);

        /// <summary>The elements as 16-bit integers.</summary>
        public Tensor @short() => to_type(ScalarType.Int16);

        /// <summary>The elements as 32-bit integers.</summary>
        public Tensor @int() => to_type(ScalarType.Int32);

        /// <summary>The elements as 64-bit integers.</summary>
        public Tensor @long() => to_type(ScalarType.Int64);

        /// <summary>The elements in IEEE half precision.</summary>
        public Tensor half() => to_type(ScalarType.Float16);

        /// <summary>The elements with the range of single precision and 8 bits of mantissa.</summary>
        public Tensor bfloat16() => to_type(ScalarType.BFloat16);

        /// <summary>The elements in single precision.</summary>
        public Tensor @float() => to_type(ScalarType.Float32);

        /// <summary>The elements in double precision.</summary>
        public Tensor @double() => to_type(ScalarType.Float64);

        /// <summary>Takes over the elements of source, converted and broadcast.</summary>
        public Tensor copy_(Tensor source, bool nonBlocking = false) =>
            Aten.Copy_.Update(this, source, nonBlocking);

        /// <summary>Sets every element to value.</summary>
        public Tensor fill_(Scalar value) => Aten.Fill_Scalar.Update(this, value);

        /// <summary>Sets every element to zero.</summary>
        public Tensor zero_() => Aten.Zero_.Update(this);

        /// <summary>Makes this tensor a view of the memory of source.</summary>
        public Tensor set_(Tensor source) => Aten.Set_SourceTensor.Update(this, source);

        // A conversion that changes nothing gives the same native tensor, which outlives this handle.
        private Tensor After(Tensor converted, bool disposeAfter)
        {
            if (disposeAfter)
                Dispose();
            return converted;
        }
    }

    /// <summary>The number of elements.</summary>
    public static long numel(Tensor input) => input.numel();

    /// <summary>Whether the elements are real floats.</summary>
    public static bool is_floating_point(Tensor input) => input.is_floating_point();

    /// <summary>Whether the elements are complex.</summary>
    public static bool is_complex(Tensor input) => input.is_complex();

    /// <summary>Whether the elements are integers.</summary>
    public static bool is_integral(Tensor t) => t.is_integral();
}
