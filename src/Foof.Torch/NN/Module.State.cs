using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>
            /// The parameters and persistent buffers under their dotted names; the tensors are the module's
            /// own, and a shared one comes under each of its names.
            /// </summary>
            public virtual Dictionary<string, Tensor> state_dict(
                Dictionary<string, Tensor>? destination = null,
                string? prefix = null
            )
            {
                destination ??= [];
                foreach (var (name, parameter) in named_parameters())
                    destination.TryAdd(Join(prefix, name), parameter);
                foreach (var (name, buffer) in named_buffers(include_nonpersistent: false))
                    destination.TryAdd(Join(prefix, name), buffer);
                foreach (var (name, child) in named_children())
                    child.state_dict(destination, Join(prefix, name));
                return destination;
            }

            private static string Join(string? prefix, string name) =>
                string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";

            /// <summary>
            /// Copies values into the parameters and buffers of the same names, in place; either all are
            /// copied or none.
            /// </summary>
            /// <param name="source">Values under dotted names.</param>
            /// <param name="strict">Whether a name on only one side is an error.</param>
            /// <param name="skip">Names to leave alone, on both sides.</param>
            /// <returns>The names that only the module has, and those that only the source has.</returns>
            /// <exception cref="InvalidOperationException">
            /// The names differ, where that is an error.
            /// </exception>
            /// <exception cref="ArgumentException">A tensor has another shape.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source,
                bool strict = true,
                IList<string>? skip = null
            )
            {
                var skipped = new HashSet<string>(skip ?? []);
                var own = state_dict();
                var missing = own
                    .Keys.Where(key => !skipped.Contains(key) && !source.ContainsKey(key))
                    .ToList();
                var unexpected = source
                    .Keys.Where(key => !skipped.Contains(key) && !own.ContainsKey(key))
                    .ToList();
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                    throw new InvalidOperationException(
                        $"The state must have the names of {GetName()}; "
                            + $"missing: [{string.Join(", ", missing)}], "
                            + $"unexpected: [{string.Join(", ", unexpected)}]. "
                            + "Pass strict: false to load the rest."
                    );
                var shared = own
                    .Keys.Where(key => !skipped.Contains(key) && source.ContainsKey(key))
                    .ToList();
                foreach (var key in shared)
                {
                    if (OtherShape(own[key], source[key]) is { } difference)
                        throw new ArgumentException(
                            $"The tensor '{key}' must have {difference}. Nothing was loaded.",
                            nameof(source)
                        );
                }
                using var unrecorded = no_grad();
                foreach (var key in shared)
                    Aten.Copy_.Run(own[key], source[key]);
                return (missing, unexpected);
            }

            private static string? OtherShape(Tensor own, Tensor given)
            {
                var (expected, found) = (own.shape, given.shape);
                return expected.SequenceEqual(found)
                    ? null
                    : $"shape [{string.Join(", ", expected)}]; got [{string.Join(", ", found)}]";
            }
        }
    }
}
