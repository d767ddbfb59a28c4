using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>The children with their names, in the order of registration.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children()
            {
                foreach (var (name, module) in ownModules)
                    yield return (name, module);
            }

            /// <summary>The children, in the order of registration.</summary>
            public virtual IEnumerable<Module> children() => named_children().Select(child => child.module);

            /// <summary>
            /// All descendants with their dotted names, without the module itself: the children first, then
            /// the descendants of each.
            /// </summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var child in named_children())
                    yield return child;
                foreach (var (name, child) in named_children())
                {
                    foreach (var (inner, module) in child.named_modules())
                        yield return ($"{name}.{inner}", module);
                }
            }

            /// <summary>All descendants, without the module itself.</summary>
            public virtual IEnumerable<Module> modules() => named_modules().Select(named => named.module);

            /// <summary>
            /// The module's parameters with their dotted names, and its descendants' too if asked. One that
            /// several modules share comes once, under its first name; disposed ones do not come.
            /// </summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(
                bool recurse = true
            )
            {
                var seen = new HashSet<IntPtr>();
                foreach (var (name, parameter) in ownParameters)
                {
                    if (!parameter.IsInvalid && seen.Add(parameter.Handle))
                        yield return (name, parameter);
                }
                if (!recurse)
                    yield break;
                foreach (var (name, child) in named_children())
                {
                    foreach (var (inner, parameter) in child.named_parameters())
                    {
                        if (seen.Add(parameter.Handle))
                            yield return ($"{name}.{inner}", parameter);
                    }
                }
            }

            /// <summary>The module's parameters, and its descendants' too if asked, each once.</summary>
            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(named => named.parameter);

            /// <summary>
            /// The module's buffers with their dotted names, and its descendants' too if asked, each once.
            /// </summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(
                bool recurse = true,
                bool include_nonpersistent = true
            )
            {
                var seen = new HashSet<IntPtr>();
                foreach (var (name, (buffer, persistent)) in ownBuffers)
                {
                    if ((persistent || include_nonpersistent) && !buffer.IsInvalid && seen.Add(buffer.Handle))
                        yield return (name, buffer);
                }
                if (!recurse)
                    yield break;
                foreach (var (name, child) in named_children())
                {
                    foreach (var (inner, buffer) in child.named_buffers(true, include_nonpersistent))
                    {
                        if (seen.Add(buffer.Handle))
                            yield return ($"{name}.{inner}", buffer);
                    }
                }
            }

            /// <summary>The module's buffers, and its descendants' too if asked, each once.</summary>
            public virtual IEnumerable<Tensor> buffers(
                bool recurse = true,
                bool include_nonpersistent = true
            ) => named_buffers(recurse, include_nonpersistent).Select(named => named.buffer);

            /// <summary>The parameter with this dotted name, or null.</summary>
            public virtual Parameter? get_parameter(string target)
            {
                var (module, last) = Find(target);
                return module?.ownParameters.GetValueOrDefault(last);
            }

            /// <summary>The buffer with this dotted name, or null.</summary>
            public virtual Tensor? get_buffer(string target)
            {
                var (module, last) = Find(target);
                return module?.ownBuffers.GetValueOrDefault(last).Buffer;
            }

            /// <summary>Whether there is a parameter with this dotted name.</summary>
            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            /// <summary>Whether there is a buffer with this dotted name.</summary>
            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            private (Module? Module, string Last) Find(string target)
            {
                var levels = target.Split('.');
                Module? module = this;
                foreach (var level in levels[..^1])
                    module = module?.ownModules.GetValueOrDefault(level);
                return (module, levels[^1]);
            }
        }
    }
}
