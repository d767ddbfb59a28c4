using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers with its own state, on one device.</summary>
    public class Generator : IDisposable
    {
        private nint handle;

        /// <summary>A generator with its own state, seeded with <paramref name="seed"/>.</summary>
        public Generator(ulong seed = 0, Device? device = null)
        {
            this.device = device ?? CPU;
            handle = NativeMethods.Check(
                NativeMethods.foof_generator_new((int)this.device.type, this.device.index, seed)
            );
        }

        private Generator(nint handle, Device device)
        {
            this.handle = handle;
            this.device = device;
        }

        /// <summary>Frees the native generator where nobody did.</summary>
        ~Generator() => Free();

        /// <summary>The native generator.</summary>
        /// <exception cref="ObjectDisposedException">It was disposed.</exception>
        public IntPtr Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Generator));

        /// <summary>The device whose tensors it fills.</summary>
        public Device device { get; private set; }

        /// <summary>The processor's default generator, which every call without a generator uses.</summary>
        public static Generator Default =>
            new(NativeMethods.Check(NativeMethods.foof_generator_default((int)DeviceType.CPU, -1)), CPU);

        /// <summary>The state as a tensor of bytes, which the caller owns.</summary>
        public Tensor get_state()
        {
            var state = Tensor.Own(NativeMethods.Check(NativeMethods.foof_generator_state(Handle)));
            GC.KeepAlive(this);
            return state;
        }

        /// <summary>Goes back to a state that <see cref="get_state"/> gave.</summary>
        public void set_state(Tensor value)
        {
            NativeMethods.Check(NativeMethods.foof_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        /// <summary>Seeds the generator and returns it.</summary>
        public Generator manual_seed(long seed)
        {
            NativeMethods.Check(NativeMethods.foof_generator_seed(Handle, unchecked((ulong)seed)));
            GC.KeepAlive(this);
            return this;
        }

        /// <summary>Seeds the generator from the operating system's randomness and returns the seed.</summary>
        public long seed()
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
            var value = BitConverter.ToInt64(bytes);
            manual_seed(value);
            return value;
        }

        /// <summary>The seed that the generator was given last.</summary>
        public long initial_seed()
        {
            var value = unchecked((long)NativeMethods.foof_generator_current_seed(Handle));
            GC.KeepAlive(this);
            return value;
        }

        /// <summary>Frees the native generator.</summary>
        public void Dispose()
        {
            Free();
            GC.SuppressFinalize(this);
        }

        private void Free()
        {
            var doomed = Interlocked.Exchange(ref handle, 0);
            if (doomed != 0)
                NativeMethods.foof_generator_free(doomed);
        }
    }

    /// <summary>Seeds the default generators of every device and returns the processor's.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    /// <summary>The seed that the processor's default generator was given last.</summary>
    public static long initial_seed() => random.initial_seed();

    /// <summary>Seeds the default generators from the operating system's randomness and returns the seed.</summary>
    public static long seed() => random.seed();

    /// <summary>The state of the processor's default generator.</summary>
    public static Tensor get_rng_state() => random.get_rng_state();

    /// <summary>Sets the state of the processor's default generator.</summary>
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    /// <summary>The default generators.</summary>
    public static class random
    {
        /// <summary>Seeds the default generators of every device and returns the processor's.</summary>
        public static Generator manual_seed(long seed)
        {
            NativeMethods.Check(NativeMethods.foof_manual_seed(unchecked((ulong)seed)));
            return Generator.Default;
        }

        /// <summary>The seed that the processor's default generator was given last.</summary>
        public static long initial_seed()
        {
            using var generator = Generator.Default;
            return generator.initial_seed();
        }

        /// <summary>Seeds the default generators from the operating system's randomness and returns the seed.</summary>
        public static long seed()
        {
            using var generator = Generator.Default;
            var value = generator.seed();
            manual_seed(value).Dispose();
            return value;
        }

        /// <summary>The state of the processor's default generator.</summary>
        public static Tensor get_rng_state()
        {
            using var generator = Generator.Default;
            return generator.get_state();
        }

        /// <summary>Sets the state of the processor's default generator.</summary>
        public static void set_rng_state(Tensor new_state)
        {
            using var generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
