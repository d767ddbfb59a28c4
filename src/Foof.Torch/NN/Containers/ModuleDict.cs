using System.Collections;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Modules under names.</summary>
            public static ModuleDict<Module> ModuleDict(params (string, Module)[] modules) =>
                ModuleDict<Module>(modules);

            /// <summary>Modules of one type under names.</summary>
            public static ModuleDict<T> ModuleDict<T>(params (string, T)[] modules)
                where T : Module
            {
                var dictionary = new ModuleDict<T>();
                foreach (var module in modules)
                    dictionary.Add(module);
                return dictionary;
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Modules under names, in the order in which they were added.</summary>
    public class ModuleDict<T> : torch.nn.Module, IEnumerable<(string, T)>
        where T : torch.nn.Module
    {
        /// <summary>An empty dictionary.</summary>
        public ModuleDict()
            : base(nameof(ModuleDict<T>)) { }

        /// <summary>How many modules there are.</summary>
        public int Count => OwnModules.Count;

        /// <summary>The names in their order.</summary>
        public ICollection<string> Keys => OwnModules.Keys;

        /// <summary>The modules in their order.</summary>
        public ICollection<T> Values => [.. values()];

        /// <summary>The module of a name; one that is replaced is not disposed.</summary>
        public T this[string key]
        {
            get => (T)OwnModules[key];
            set
            {
                OwnModules.Remove(key);
                register_module(key, value);
            }
        }

        /// <summary>The name and the module at a place.</summary>
        public (string, T) this[int index]
        {
            get
            {
                var (name, module) = OwnModules.GetAt(index);
                return (name, (T)module);
            }
        }

        /// <summary>The names in their order.</summary>
        public IEnumerable<string> keys() => OwnModules.Keys;

        /// <summary>The modules in their order.</summary>
        public IEnumerable<T> values() => OwnModules.Values.Cast<T>();

        /// <summary>The names and modules in their order.</summary>
        public IEnumerator<(string, T)> items() => GetEnumerator();

        /// <summary>Adds a module under a new name.</summary>
        public void Add(string key, T value) => register_module(key, value);

        /// <summary>Adds a module under a new name.</summary>
        public void Add((string, T) item) => register_module(item.Item1, item.Item2);

        /// <summary>Takes a module out without disposing it; false if there is none of that name.</summary>
        public bool Remove(string key) => OwnModules.Remove(key);

        /// <summary>Takes all modules out without disposing them.</summary>
        public void Clear() => OwnModules.Clear();

        /// <summary>Takes all modules out without disposing them.</summary>
        public void clear() => OwnModules.Clear();

        /// <summary>Whether there is a module of that name.</summary>
        public bool ContainsKey(string key) => OwnModules.ContainsKey(key);

        /// <summary>The module of a name, if there is one.</summary>
        public bool TryGetValue(
            string key,
            [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value
        )
        {
            var found = OwnModules.TryGetValue(key, out var module);
            value = module as T;
            return found;
        }

        /// <summary>The names and modules in their order.</summary>
        public IEnumerator<(string, T)> GetEnumerator()
        {
            foreach (var (name, module) in OwnModules)
                yield return (name, (T)module);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <summary>Nothing: the modules of the dictionary are its only components.</summary>
        protected override void RegisterComponents() { }
    }
}
