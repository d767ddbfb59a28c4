using TorchSharp.Native;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// The elements, in the tensor's own memory; of a tensor on another device, in a copy.
        /// </summary>
        /// <exception cref="ArgumentException">
        /// <typeparamref name="T"/> is not the type of the elements.
        /// </exception>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            if (!Holds(typeof(T)))
                throw new ArgumentException(
                    $"The elements must be read as what they are, {dtype}; got {typeof(T).Name}."
                );
            return device_type == DeviceType.CPU ? new(this, owned: false) : new(cpu(), owned: true);
        }

        /// <summary>The element of a tensor that has one.</summary>
        /// <exception cref="ArgumentException">
        /// The tensor has another number of elements, or <typeparamref name="T"/> is not their type.
        /// </exception>
        public T item<T>()
            where T : unmanaged
        {
            RequireOne();
            using var elements = data<T>();
            return elements[0];
        }

        /// <summary>The element of a tensor that has one, as a number without a fixed type.</summary>
        /// <exception cref="ArgumentException">The tensor has another number of elements.</exception>
        public Scalar ToScalar()
        {
            RequireOne();
            return Aten.Item.CallScalar(this);
        }

        /// <summary>Whether the element of a tensor that has one is not zero.</summary>
        public bool is_nonzero() => ToScalar().ToBoolean();

        /// <summary>The memory of a contiguous tensor on the processor; setting it copies.</summary>
        /// <exception cref="InvalidOperationException">
        /// The tensor has gaps or is on another device.
        /// </exception>
        /// <exception cref="ArgumentException">
        /// The bytes that are set do not fill the tensor exactly.
        /// </exception>
        public unsafe Span<byte> bytes
        {
            get
            {
                if (!is_contiguous())
                    throw new InvalidOperationException(
                        "The tensor must be contiguous to be seen as bytes; call contiguous() first."
                    );
                if (device_type != DeviceType.CPU)
                    throw new InvalidOperationException(
                        $"The tensor must be on the processor to be seen as bytes, not on {device}; call cpu()."
                    );
                return new Span<byte>(
                    NativeMethods.foof_data(Handle),
                    checked((int)(numel() * element_size()))
                );
            }
            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                    throw new ArgumentException(
                        $"The tensor holds {target.Length} bytes; got {value.Length}.",
                        nameof(value)
                    );
                value.CopyTo(target);
            }
        }

        private void RequireOne()
        {
            if (numel() != 1)
                throw new ArgumentException($"The tensor must have one element; it has {numel()}.");
        }

        private bool Holds(Type type) =>
            dtype switch
            {
                ScalarType.Byte => type == typeof(byte),
                ScalarType.Int8 => type == typeof(sbyte),
                ScalarType.Int16 => type == typeof(short),
                ScalarType.Int32 => type == typeof(int),
                ScalarType.Int64 => type == typeof(long),
                ScalarType.Float16 => type == typeof(Half),
                ScalarType.Float32 => type == typeof(float),
                ScalarType.Float64 => type == typeof(double),
                ScalarType.Bool => type == typeof(bool),
                ScalarType.BFloat16 => type == typeof(ushort),
                ScalarType.ComplexFloat32 => type == typeof((float, float)),
                ScalarType.ComplexFloat64 => type == typeof(System.Numerics.Complex),
                _ => false,
            };
    }
}
