using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The number of dimensions.</summary>
        public long dim()
        {
            var dimensions = NativeMethods.foof_dim(Handle);
            GC.KeepAlive(this);
            return dimensions;
        }

        /// <summary>The number of dimensions.</summary>
        public long Dimensions => dim();

        /// <summary>The number of dimensions.</summary>
        public long ndim => dim();

        /// <summary>The number of elements.</summary>
        public long numel()
        {
            var elements = NativeMethods.foof_numel(Handle);
            GC.KeepAlive(this);
            return elements;
        }

        /// <summary>The number of elements.</summary>
        public long NumberOfElements => numel();

        /// <summary>The length of each dimension.</summary>
        public unsafe long[] shape
        {
            get
            {
                var sizes = new long[dim()];
                fixed (long* first = sizes)
                    NativeMethods.Check(NativeMethods.foof_sizes(Handle, first));
                GC.KeepAlive(this);
                return sizes;
            }
        }

        /// <summary>The length of each dimension.</summary>
        public long[] size() => shape;

        /// <summary>The length of one dimension; -1 is the last.</summary>
        public long size(int dim)
        {
            var sizes = shape;
            return sizes[Wrap(dim, sizes.Length)];
        }

        /// <summary>How many elements apart neighbours of each dimension are.</summary>
        public unsafe long[] stride()
        {
            var strides = new long[dim()];
            fixed (long* first = strides)
                NativeMethods.Check(NativeMethods.foof_strides(Handle, first));
            GC.KeepAlive(this);
            return strides;
        }

        /// <summary>How many elements apart neighbours of one dimension are; -1 is the last.</summary>
        public long stride(int dim)
        {
            var strides = stride();
            return strides[Wrap(dim, strides.Length)];
        }

        private static int Wrap(int dim, int count) =>
            dim >= -count && dim < count
                ? (dim + count) % count
                : throw new ArgumentOutOfRangeException(
                    nameof(dim),
                    $"The dimension must lie in [{-count}, {count - 1}] for a tensor of {count} dimensions; got {dim}."
                );

        /// <summary>The type of the elements.</summary>
        public ScalarType dtype
        {
            get
            {
                var type = (ScalarType)NativeMethods.foof_dtype(Handle);
                GC.KeepAlive(this);
                return type;
            }
        }

        /// <summary>The bytes of one element.</summary>
        public long element_size() => dtype.ElementSize();

        /// <summary>The bytes of one element.</summary>
        public long ElementSize => element_size();

        /// <summary>Where the elements are.</summary>
        public Device device => device_type == DeviceType.CPU ? CPU : new Device(device_type, device_index);

        /// <summary>The kind of device that the elements are on.</summary>
        public DeviceType device_type
        {
            get
            {
                var type = (DeviceType)NativeMethods.foof_device_type(Handle);
                GC.KeepAlive(this);
                return type;
            }
        }

        /// <summary>Which device of its kind; -1 for the processor.</summary>
        public int device_index
        {
            get
            {
                var index = NativeMethods.foof_device_index(Handle);
                GC.KeepAlive(this);
                return index;
            }
        }

        /// <summary>Whether the elements are on the processor.</summary>
        public bool is_cpu() => device_type == DeviceType.CPU;

        /// <summary>Whether the elements are on a CUDA device.</summary>
        public bool is_cuda => device_type == DeviceType.CUDA;

        /// <summary>Whether the tensor has a shape and no elements.</summary>
        public bool is_meta => device_type == DeviceType.META;

        /// <summary>Whether the elements are real floats.</summary>
        public bool is_floating_point() => torch.is_floating_point(dtype);

        /// <summary>Whether the elements are complex.</summary>
        public bool is_complex() => torch.is_complex(dtype);

        /// <summary>Whether the elements are integers.</summary>
        public bool is_integral() => torch.is_integral(dtype);

        /// <summary>Whether the elements lie in memory in row-major order without gaps.</summary>
        public bool is_contiguous()
        {
            var contiguous = NativeMethods.foof_is_contiguous(Handle) != 0;
            GC.KeepAlive(this);
            return contiguous;
        }
    }

    internal static long ElementSize(this ScalarType type) =>
        type switch
        {
            ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
            ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
            ScalarType.Int32 or ScalarType.Float32 => 4,
            ScalarType.Int64 or ScalarType.Float64 or ScalarType.ComplexFloat32 => 8,
            ScalarType.ComplexFloat64 => 16,
            _ => throw new NotSupportedException($"Elements of type {type} are not supported."),
        };
}
