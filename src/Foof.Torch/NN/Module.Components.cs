using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private readonly OrderedDictionary<string, Parameter> ownParameters = [];
            private readonly OrderedDictionary<string, (Tensor Buffer, bool Persistent)> ownBuffers = [];
            private readonly OrderedDictionary<string, Module> ownModules = [];
            private bool componentsAreRegistered;

            /// <summary>The child modules in their order, for containers.</summary>
            private protected OrderedDictionary<string, Module> OwnModules => ownModules;

            /// <summary>
            /// Makes <paramref name="param"/> a parameter of the module, which owns it from now on.
            /// </summary>
            /// <exception cref="ArgumentNullException">It is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_parameter(string name, Parameter param)
            {
                if (param is null || param.IsInvalid)
                    throw new ArgumentNullException(
                        nameof(param),
                        $"The parameter '{name}' is null or disposed."
                    );
                if (!ownParameters.TryAdd(name, param))
                    throw Taken("parameter", name);
                param.DetachFromDisposeScope();
            }

            /// <summary>
            /// Makes <paramref name="tensor"/> a buffer of the module, which owns it from now on: state that
            /// is not learned. Only persistent buffers are part of <see cref="state_dict"/>.
            /// </summary>
            /// <exception cref="ArgumentNullException">It is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                if (tensor is null || tensor.IsInvalid)
                    throw new ArgumentNullException(
                        nameof(tensor),
                        $"The buffer '{name}' is null or disposed."
                    );
                if (!ownBuffers.TryAdd(name, (tensor, persistent)))
                    throw Taken("buffer", name);
                tensor.DetachFromDisposeScope();
            }

            /// <summary>
            /// Makes <paramref name="submodule"/> a child of the module, which owns it from now on; null
            /// removes the child of that name.
            /// </summary>
            /// <exception cref="ArgumentException">The name is empty or holds a dot.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null)
                {
                    ownModules.Remove(name);
                    return;
                }
                if (string.IsNullOrEmpty(name) || name.Contains('.', StringComparison.Ordinal))
                    throw new ArgumentException(
                        $"A module's name must be a word without dots, which separate levels; got '{name}'.",
                        nameof(name)
                    );
                if (ownModules.ContainsKey(name))
                    throw Taken("module", name);
                submodule.RegisterComponents();
                ownModules.Add(name, submodule);
            }

            /// <summary>The same as <see cref="register_module"/>.</summary>
            public void add_module(string name, Module module) => register_module(name, module);

            /// <summary>
            /// Registers every module, parameter and tensor that a field of the object holds, private ones
            /// too, under the field's name; call it at the end of a derived class's constructor.
            /// </summary>
            protected virtual void RegisterComponents()
            {
                if (componentsAreRegistered)
                    return;
                componentsAreRegistered = true;
                foreach (var field in Fields(GetType()))
                {
                    var component = field.ComponentName();
                    if (IsRegistered(component))
                        continue;
                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(component, module);
                            break;
                        case Parameter parameter:
                            register_parameter(component, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(component, tensor);
                            break;
                    }
                }
            }

            private static IEnumerable<FieldInfo> Fields(Type type)
            {
                const BindingFlags own =
                    BindingFlags.Instance
                    | BindingFlags.Public
                    | BindingFlags.NonPublic
                    | BindingFlags.DeclaredOnly;
                var seen = new HashSet<string>();
                for (var level = type; level is not null && level != typeof(Module); level = level.BaseType)
                {
                    foreach (var field in level.GetFields(own))
                    {
                        if (seen.Add(field.Name))
                            yield return field;
                    }
                }
            }

            private bool IsRegistered(string component) =>
                ownModules.ContainsKey(component)
                || ownParameters.ContainsKey(component)
                || ownBuffers.ContainsKey(component);

            /// <summary>The layer's own parameter of this name, or null.</summary>
            private protected Parameter? Own(string name) => ownParameters.GetValueOrDefault(name);

            /// <summary>The layer's own buffer of this name, or null.</summary>
            private protected Tensor? OwnBuffer(string name) => ownBuffers.GetValueOrDefault(name).Buffer;

            /// <summary>
            /// Puts <paramref name="value"/> in the place of a parameter, which is disposed.
            /// </summary>
            private protected void Replace(string name, Parameter? value)
            {
                var old = Own(name);
                if (ReferenceEquals(old, value))
                    return;
                if (value is null)
                    ownParameters.Remove(name);
                else
                    ownParameters[name] = value;
                value?.DetachFromDisposeScope();
                old?.Dispose();
            }

            /// <summary>Puts <paramref name="value"/> in the place of a buffer, which is disposed.</summary>
            private protected void ReplaceBuffer(string name, Tensor? value)
            {
                var old = OwnBuffer(name);
                if (ReferenceEquals(old, value))
                    return;
                if (value is null)
                    ownBuffers.Remove(name);
                else
                    ownBuffers[name] = (value, true);
                value?.DetachFromDisposeScope();
                old?.Dispose();
            }

            private InvalidOperationException Taken(string kind, string name) =>
                new($"The {kind} names of {GetName()} must differ; '{name}' is registered already.");
        }
    }
}
