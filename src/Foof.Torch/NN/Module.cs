using System.Reflection;
using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Neural networks: modules, layers, losses and what belongs to them.</summary>
    public static partial class nn
    {
        /// <summary>
        /// A part of a network: parameters, buffers and child modules under names. It owns all three, and
        /// disposing it disposes them.
        /// </summary>
        public partial class Module : IDisposable
        {
            private readonly string name;
            private bool isTraining = true;

            /// <summary>A module without any components, called <paramref name="name"/>.</summary>
            protected Module(string name) => this.name = name;

            /// <summary>The name given to the constructor, or the type's name where that was empty.</summary>
            public virtual string GetName() => string.IsNullOrEmpty(name) ? GetType().Name : name;

            /// <summary>
            /// Whether the module is in training mode, which dropout and batch norms look at.
            /// </summary>
            public virtual bool training => isTraining;

            /// <summary>Puts the module and all its descendants into training or evaluation mode.</summary>
            public virtual void train(bool train = true)
            {
                isTraining = train;
                foreach (var child in children())
                    child.train(train);
            }

            /// <summary>Puts the module and all its descendants into evaluation mode.</summary>
            public virtual void eval() => train(false);

            /// <summary>
            /// Calls <paramref name="fn"/> with every descendant, children first, then with the module.
            /// </summary>
            public virtual Module apply(Action<Module> fn)
            {
                foreach (var child in children())
                    child.apply(fn);
                fn(this);
                return this;
            }

            /// <summary>Forgets the gradients of all parameters, or sets them to zero.</summary>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var gradient = parameter.grad;
                    if (gradient is null)
                        continue;
                    if (set_to_none)
                        parameter.grad = null;
                    else
                        Aten.Zero_.Run(gradient);
                }
            }

            /// <summary>Disposes the parameters, the buffers and the child modules.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Disposes the parameters, the buffers and the child modules.</summary>
            protected virtual void Dispose(bool disposing)
            {
                if (!disposing)
                    return;
                foreach (var parameter in ownParameters.Values)
                    parameter.Dispose();
                foreach (var (buffer, _) in ownBuffers.Values)
                    buffer.Dispose();
                foreach (var child in ownModules.Values)
                    child.Dispose();
            }
        }
    }
}
