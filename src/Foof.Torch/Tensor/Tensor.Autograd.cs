using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>Whether operations on the tensor are recorded for differentiation.</summary>
        public bool requires_grad
        {
            get
            {
                var required = NativeMethods.foof_requires_grad(Handle) != 0;
                GC.KeepAlive(this);
                return required;
            }
            set
            {
                NativeMethods.Check(NativeMethods.foof_set_requires_grad(Handle, value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        /// <summary>Sets <see cref="requires_grad"/> and returns the tensor.</summary>
        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        /// <summary>Sets <see cref="requires_grad"/> and returns the tensor.</summary>
        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Whether no recorded operation made the tensor.</summary>
        public bool is_leaf
        {
            get
            {
                var leaf = NativeMethods.foof_is_leaf(Handle) != 0;
                GC.KeepAlive(this);
                return leaf;
            }
        }

        /// <summary>
        /// The gradient that backward passes added up, or null; the caller owns the handle that is returned.
        /// </summary>
        public Tensor? grad
        {
            get
            {
                var gradient = NativeMethods.foof_grad(Handle);
                GC.KeepAlive(this);
                return gradient == 0 ? null : Own(gradient);
            }
            set
            {
                NativeMethods.Check(NativeMethods.foof_set_grad(Handle, value is null ? 0 : value.Handle));
                GC.KeepAlive(this);
                GC.KeepAlive(value);
            }
        }

        /// <summary>Keeps the gradient of a tensor that is no leaf.</summary>
        public void retain_grad() => Aten.RetainGrad.Run(this);

        /// <summary>The same elements, outside the graph.</summary>
        public Tensor detach() => Aten.Detach.Call(this);

        /// <summary>Takes the tensor itself out of the graph and returns it.</summary>
        public Tensor detach_()
        {
            Aten.Detach_.Run(this);
            return this;
        }

        /// <summary>Adds d this / d leaf to every leaf's <see cref="grad"/>.</summary>
        public void backward() => autograd.backward([this]);

        /// <summary>Adds the gradients to the leaves, or only to <paramref name="inputs"/>.</summary>
        public void backward(
            IList<Tensor>? grad_tensors = null,
            bool retain_graph = false,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }

    /// <summary>Automatic differentiation.</summary>
    public static partial class autograd
    {
        /// <summary>
        /// The gradients of <paramref name="outputs"/> (weighted by <paramref name="grad_outputs"/>) with respect
        /// to <paramref name="inputs"/>; no tensor's <c>grad</c> is touched. The caller owns the results; null
        /// stands for an unused input where <paramref name="allow_unused"/>.
        /// </summary>
        public static unsafe IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false
        )
        {
            var results = new NativeValue[inputs.Count];
            fixed (nint* output = Handles(outputs))
            fixed (nint* input = Handles(inputs))
            fixed (nint* weight = Handles(grad_outputs))
            fixed (NativeValue* result = results)
            {
                NativeMethods.Check(
                    NativeMethods.foof_autograd_grad(
                        output,
                        outputs.Count,
                        input,
                        inputs.Count,
                        weight,
                        grad_outputs?.Count ?? 0,
                        retain_graph || create_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        allow_unused ? 1 : 0,
                        result
                    )
                );
            }
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return Array.ConvertAll(results, r => r.Bits == 0 ? null! : new Tensor((nint)r.Bits, r.Bytes));
        }

        /// <summary>Adds the gradients to the leaves, or only to <paramref name="inputs"/>.</summary>
        public static unsafe void backward(
            IList<Tensor> tensors,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        )
        {
            fixed (nint* tensor = Handles(tensors))
            fixed (nint* weight = Handles(grad_tensors))
            fixed (nint* input = Handles(inputs))
            {
                NativeMethods.Check(
                    NativeMethods.foof_autograd_backward(
                        tensor,
                        tensors.Count,
                        weight,
                        grad_tensors?.Count ?? 0,
                        retain_graph ?? create_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        input,
                        inputs?.Count ?? 0
                    )
                );
            }
            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        /// <summary>Adds the gradients to the leaves, or only to <paramref name="inputs"/>.</summary>
        public static void backward(
            Tensor tensor,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        /// <summary>Adds the gradients to the leaves, or only to <paramref name="inputs"/>.</summary>
        public static void backward(
            Tensor tensor,
            Tensor grad_tensor,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        private static nint[] Handles(IList<Tensor>? tensors)
        {
            var handles = new nint[tensors?.Count ?? 0];
            for (var i = 0; i < handles.Length; i++)
                handles[i] = tensors![i].Handle;
            return handles;
        }
    }

    /// <summary>Until disposed, operations of the calling thread are not recorded.</summary>
    public static IDisposable no_grad() => new AutoGradMode(false);

    /// <summary>Until disposed, operations of the calling thread are recorded.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new AutoGradMode(enabled);

    /// <summary>Until disposed, operations of the calling thread are recorded, or not.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new AutoGradMode(mode);

    /// <summary>Whether operations of the calling thread are recorded.</summary>
    public static bool is_grad_enabled() => AutoGradMode.IsEnabled;

    /// <summary>Until disposed, the calling thread's tensors are made without any of autograd's bookkeeping.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Whether the calling thread is in inference mode.</summary>
    public static bool is_inference_mode_enabled() => InferenceMode.IsEnabled;
}

/// <summary>Switches recording on or off until disposed, on the thread that made it.</summary>
public class AutoGradMode : IDisposable
{
    private readonly bool before;
    private bool disposed;

    /// <summary>Switches recording on or off.</summary>
    public AutoGradMode(bool enabled)
    {
        before = IsEnabled;
        NativeMethods.foof_set_grad_enabled(enabled ? 1 : 0);
    }

    /// <summary>Whether operations of the calling thread are recorded.</summary>
    public static bool IsEnabled => NativeMethods.foof_grad_enabled() != 0;

    /// <summary>Goes back to what was before.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Goes back to what was before, once.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposed)
            return;
        disposed = true;
        NativeMethods.foof_set_grad_enabled(before ? 1 : 0);
    }
}

/// <summary>Inference mode until disposed, on the thread that made it; the last entered is left first.</summary>
public class InferenceMode : IDisposable
{
    private nint guard;

    /// <summary>Enters inference mode, or leaves it for a while.</summary>
    public InferenceMode(bool mode) =>
        guard = NativeMethods.Check(NativeMethods.foof_inference_enter(mode ? 1 : 0));

    /// <summary>Whether the calling thread is in inference mode.</summary>
    public static bool IsEnabled => NativeMethods.foof_inference_enabled() != 0;

    /// <summary>Goes back to what was before.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Goes back to what was before, once.</summary>
    protected virtual void Dispose(bool disposing)
    {
        var leaving = Interlocked.Exchange(ref guard, 0);
        if (leaving != 0)
            NativeMethods.foof_inference_leave(leaving);
    }
}
