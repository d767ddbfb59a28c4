using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>An empty sequence: its output is its input.</summary>
        public static Sequential Sequential() => new(Array.Empty<Module<Tensor, Tensor>>());

        /// <summary>Modules one after another, with names.</summary>
        public static Sequential Sequential(
            params (string name, Module<Tensor, Tensor> submodule)[] modules
        ) => new(modules);

        /// <summary>Modules one after another, named 0, 1, 2 and so on.</summary>
        public static Sequential Sequential(params Module<Tensor, Tensor>[] modules) => new(modules);

        /// <summary>Modules one after another, with names.</summary>
        public static Sequential Sequential(params Tuple<string, Module<Tensor, Tensor>>[] modules) =>
            Sequential((IEnumerable<Tuple<string, Module<Tensor, Tensor>>>)modules);

        /// <summary>Modules one after another, with names.</summary>
        public static Sequential Sequential(
            IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules
        ) => new(modules.ToArray());

        /// <summary>Modules one after another, with names.</summary>
        public static Sequential Sequential(IEnumerable<Tuple<string, Module<Tensor, Tensor>>> modules) =>
            new(modules.Select(module => (module.Item1, module.Item2)).ToArray());

        /// <summary>Modules one after another, named 0, 1, 2 and so on.</summary>
        public static Sequential Sequential(IEnumerable<Module<Tensor, Tensor>> modules) =>
            new(modules.ToArray());
    }
}
