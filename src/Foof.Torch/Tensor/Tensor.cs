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

        private nint handle;
        private long bytesHeld;
        internal DisposeScope? Scope;
        internal int ScopePlace;

        /// <summary>
        /// Takes over a native handle that keeps <paramref name="bytes"/> of elements alive.
        /// </summary>
        internal Tensor(nint handle, long bytes)
        {
            this.handle = handle;
            bytesHeld = bytes + NativeMemory.HandleBytes;
            var scope = DisposeScope.Current;
            if (scope is not null)
            {
                Scope = scope;
                ScopePlace = scope.Add(this);
            }
            var count = Interlocked.Increment(ref totalCount);
            if (count > peakCount)
                peakCount = count;
            NativeMemory.Add(bytesHeld);
        }

        /// <summary>Takes over the native tensor of another handle, which is empty afterwards.</summary>
        private protected Tensor(Tensor source)
            : this(source.Handle, source.bytesHeld - NativeMemory.HandleBytes) => source.Forget();

        /// <summary>Frees the native tensor where nobody did.</summary>
        ~Tensor() => Free();

        /// <summary>Takes over a native handle whose memory somebody else accounts for.</summary>
        internal static Tensor Own(nint handle) => new(handle, 0);

        /// <summary>Takes over a native handle that owns one reference.</summary>
        [EditorBrowsable(EditorBrowsableState.Advanced)]
        public static Tensor UnsafeCreateTensor(IntPtr handle) => Own(handle);

        /// <summary>The native tensor. The same native tensor has the same handle.</summary>
        /// <exception cref="ObjectDisposedException">It was disposed.</exception>
        public IntPtr Handle =>
            handle != 0
                ? handle
                : throw new ObjectDisposedException(
                    nameof(Tensor),
                    "The tensor was disposed, by Dispose or by the scope that it was made in; keep it with "
                        + "MoveToOuterDisposeScope or DetachFromDisposeScope."
                );

        /// <summary>Whether the tensor was disposed.</summary>
        public bool IsInvalid => handle == 0;

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
            GC.SuppressFinalize(this);
        }

        /// <summary>Frees this handle's reference; called once by <see cref="Dispose()"/>.</summary>
        protected virtual void Dispose(bool disposing)
        {
            LeaveScope();
            Free();
        }

        private void Free()
        {
            var doomed = Interlocked.Exchange(ref handle, 0);
            if (doomed == 0)
                return;
            NativeMethods.foof_free(doomed);
            Interlocked.Decrement(ref totalCount);
            NativeMemory.Remove(bytesHeld);
        }

        /// <summary>Gives up the native handle without freeing it: it belongs to the caller now.</summary>
        [EditorBrowsable(EditorBrowsableState.Advanced)]
        public IntPtr DecoupleFromNativeHandle()
        {
            var released = Handle;
            Forget();
            return released;
        }

        private void Forget()
        {
            LeaveScope();
            handle = 0;
            Interlocked.Decrement(ref totalCount);
            NativeMemory.Remove(bytesHeld);
            GC.SuppressFinalize(this);
        }

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
