using System.ComponentModel;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An n-dimensional array of numbers on a device, with automatic differentiation. Disposable; a tensor
    /// that nobody disposes is freed by its finaliser.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;

        private NativeReference? reference;
        internal DisposeScope? Scope;
        internal int ScopePlace;

        /// <summary>Takes over a native handle that keeps <paramref name="bytes"/> of elements alive.</summary>
        internal Tensor(nint handle, long bytes)
        {
            var thread = PerThread.Current;
            reference = NativeReference.To(handle, bytes, thread);
            if (thread.Scope is { } scope)
            {
                Scope = scope;
                ScopePlace = scope.Add(this);
            }
            var count = Interlocked.Increment(ref totalCount);
            if (count > peakCount)
                peakCount = count;
        }

        /// <summary>Takes over the native tensor of another handle, which is empty afterwards.</summary>
        private protected Tensor(Tensor source)
            : this(source.Handle, source.reference!.Bytes) => source.DecoupleFromNativeHandle();

        /// <summary>Takes over a native handle whose memory somebody else accounts for.</summary>
        internal static Tensor Own(nint handle) => new(handle, 0);

        /// <summary>Takes over a native handle that owns one reference.</summary>
        [EditorBrowsable(EditorBrowsableState.Advanced)]
        public static Tensor UnsafeCreateTensor(IntPtr handle) => Own(handle);

        /// <summary>The native tensor. The same native tensor has the same handle.</summary>
        /// <exception cref="ObjectDisposedException">It was disposed.</exception>
        public IntPtr Handle =>
            reference is { } held
                ? held.Pointer
                : throw new ObjectDisposedException(
                    nameof(Tensor),
                    "The tensor was disposed, by Dispose or by the scope that it was made in; keep it with "
                        + "MoveToOuterDisposeScope or DetachFromDisposeScope."
                );

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => reference is null;

        /// <summary>How many handles are alive in the process.</summary>
        public static long TotalCount => Interlocked.Read(ref totalCount);

        /// <summary>The most handles that were alive at once.</summary>
        public static long PeakCount => Interlocked.Read(ref peakCount);

        /// <summary>A name for the user's own purposes.</summary>
        public string? name { get; set; }

        /// <summary>Frees the native tensor, or rather this handle's reference to it.</summary>
        public void Dispose()
        {
            Dispose(true);
        }

        /// <summary>Frees this handle's reference; called by <see cref="Dispose()"/>.</summary>
        protected virtual void Dispose(bool disposing)
        {
            LeaveScope();
            Interlocked.Exchange(ref reference, null)?.Release();
        }

        /// <summary>Gives up the native handle without freeing it: it belongs to the caller now.</summary>
        [EditorBrowsable(EditorBrowsableState.Advanced)]
        public IntPtr DecoupleFromNativeHandle()
        {
            _ = Handle;
            LeaveScope();
            CountFreed();
            return Interlocked.Exchange(ref reference, null)!.Decouple();
        }

        internal static void CountFreed() => Interlocked.Decrement(ref totalCount);

        private void LeaveScope()
        {
            var scope = Scope;
            Scope = null;
            scope?.Remove(this, ScopePlace);
        }

        internal void MoveTo(DisposeScope? target)
        {
            if (ReferenceEquals(Scope, target))
                return;
            LeaveScope();
            if (target is null || IsInvalid)
                return;
            Scope = target;
            ScopePlace = target.Add(this);
        }

        /// <summary>Passes the tensor to the scope around the one that holds it, and returns it.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            Scope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of every scope, and returns it: its holder disposes it.</summary>
        public Tensor DetachFromDisposeScope()
        {
            MoveTo(null);
            return this;
        }

        /// <summary>
        /// Passes the tensor to the scope that holds <paramref name="other"/>, and returns it.
        /// </summary>
        public Tensor MoveToOtherDisposeScope(Tensor other) => MoveToOtherDisposeScope(other.Scope);

        /// <summary>Passes the tensor to <paramref name="other"/> (null: to none), and returns it.</summary>
        public Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            MoveTo(other);
            return this;
        }

        /// <summary>
        /// A second handle to the same native tensor, so the same variable of the same graph.
        /// </summary>
        public Tensor alias()
        {
            var second = Own(NativeMethods.Check(NativeMethods.foof_alias(Handle)));
            GC.KeepAlive(this);
            return second;
        }

        /// <summary>Whether <paramref name="obj"/> is a tensor of the same shape and elements.</summary>
        public override bool Equals(object? obj) =>
            obj is Tensor other && (ReferenceEquals(this, other) || Equals(other));

        /// <summary>The handle object's own hash: tensors are mutable.</summary>
        public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
    }
}
