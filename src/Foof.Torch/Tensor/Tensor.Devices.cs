using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Whether a CUDA device can be used.</summary>
    public static bool cuda_is_available() => cuda.is_available();

    /// <summary>The number of threads within an operator.</summary>
    public static int get_num_threads() => NativeMethods.foof_threads();

    /// <summary>Sets the number of threads within an operator.</summary>
    public static void set_num_threads(int num) => NativeMethods.Check(NativeMethods.foof_set_threads(num));

    /// <summary>The number of threads that run operators beside each other.</summary>
    public static int get_num_interop_threads() => NativeMethods.foof_interop_threads();

    /// <summary>
    /// Sets the number of threads that run operators beside each other; once, before they start.
    /// </summary>
    public static void set_num_interop_threads(int num) =>
        NativeMethods.Check(NativeMethods.foof_set_interop_threads(num));

    /// <summary>CUDA devices.</summary>
    public static partial class cuda
    {
        /// <summary>Whether a CUDA device can be used.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>How many CUDA devices there are.</summary>
        public static int device_count() =>
            NativeMethods.foof_cuda_available() != 0 ? NativeMethods.foof_cuda_devices() : 0;

        /// <summary>Seeds the current CUDA device's generator; without a device, nothing happens.</summary>
        public static void manual_seed(long seed) => Seed(seed, -1);

        /// <summary>Seeds the generators of all CUDA devices.</summary>
        public static void manual_seed_all(long seed)
        {
            for (var index = 0; index < device_count(); index++)
                Seed(seed, index);
        }

        /// <summary>
        /// Waits until a CUDA device (null: the current one) has done all that was asked of it.
        /// </summary>
        public static void synchronize(Device? device = null)
        {
            if (is_available())
                NativeMethods.Check(NativeMethods.foof_cuda_synchronize(device?.index ?? -1));
        }

        private static void Seed(long seed, int index)
        {
            if (!is_available())
                return;
            var generator = NativeMethods.Check(
                NativeMethods.foof_generator_default((int)DeviceType.CUDA, index)
            );
            try
            {
                NativeMethods.Check(NativeMethods.foof_generator_seed(generator, unchecked((ulong)seed)));
            }
            finally
            {
                NativeMethods.foof_generator_free(generator);
            }
        }
    }

    /// <summary>Settings of the libraries behind libtorch.</summary>
    public static partial class backends
    {
        /// <summary>Settings of CUDA.</summary>
        public static partial class cuda
        {
            /// <summary>Settings of matrix products on CUDA devices.</summary>
            public static partial class matmul
            {
                /// <summary>Whether single-precision products may round their factors to TF32.</summary>
                public static bool allow_tf32
                {
                    get => NativeMethods.foof_allow_tf32(0) != 0;
                    set => NativeMethods.foof_set_allow_tf32(0, value ? 1 : 0);
                }
            }
        }

        /// <summary>Settings of cuDNN.</summary>
        public static partial class cudnn
        {
            /// <summary>Whether single-precision convolutions may round their factors to TF32.</summary>
            public static bool allow_tf32
            {
                get => NativeMethods.foof_allow_tf32(1) != 0;
                set => NativeMethods.foof_set_allow_tf32(1, value ? 1 : 0);
            }
        }
    }
}
