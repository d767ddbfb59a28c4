using System.Collections;
using System.Globalization;
using TorchSharp.Modules;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>A list of modules.</summary>
            public static ModuleList<Module> ModuleList(params Module[] modules) => new(modules);

            /// <summary>A list of modules of one type.</summary>
            public static ModuleList<T> ModuleList<T>(params T[] modules)
                where T : Module => new(modules);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>A list of modules, registered under their places 0, 1, 2 and so on.</summary>
    public class ModuleList<T> : torch.nn.Module, IList<T>
        where T : torch.nn.Module
    {
        private readonly List<T> list = [];

        /// <summary>A list of the given modules.</summary>
        public ModuleList(params T[] modules)
            : base(nameof(ModuleList<T>)) => extend(modules);

        /// <summary>The module at a place; one that is replaced is not disposed.</summary>
        public T this[int index]
        {
            get => list[index];
            set => Change(() => list[index] = value);
        }

        /// <summary>How many modules there are.</summary>
        public int Count => list.Count;

        /// <summary>False: the list can change.</summary>
        public bool IsReadOnly => false;

        /// <summary>Adds a module at the end.</summary>
        public void Add(T item) => Change(() => list.Add(item));

        /// <summary>Adds modules at the end.</summary>
        public void append(params T[] parameters) => extend(parameters);

        /// <summary>Adds modules at the end.</summary>
        public void extend(IEnumerable<T> modules) => Change(() => list.AddRange(modules));

        /// <summary>Inserts a module at a place.</summary>
        public void Insert(int index, T item) => Change(() => list.Insert(index, item));

        /// <summary>Takes a module out of the list without disposing it; false if it is not there.</summary>
        public bool Remove(T item)
        {
            var removed = false;
            Change(() => removed = list.Remove(item));
            return removed;
        }

        /// <summary>Takes the module at a place out of the list without disposing it.</summary>
        public void RemoveAt(int index) => Change(() => list.RemoveAt(index));

        /// <summary>Takes all modules out of the list without disposing them.</summary>
        public void Clear() => Change(list.Clear);

        /// <summary>Whether the list holds the module.</summary>
        public bool Contains(T item) => list.Contains(item);

        /// <summary>The module's place, or -1.</summary>
        public int IndexOf(T item) => list.IndexOf(item);

        /// <summary>Copies the modules into an array.</summary>
        public void CopyTo(T[] array, int arrayIndex) => list.CopyTo(array, arrayIndex);

        /// <summary>The modules in their order.</summary>
        public IEnumerator<T> GetEnumerator() => list.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <summary>Nothing: the modules of the list are its only components.</summary>
        protected override void RegisterComponents() { }

        private void Change(Action change)
        {
            change();
            OwnModules.Clear();
            for (var i = 0; i < list.Count; i++)
                register_module(i.ToString(CultureInfo.InvariantCulture), list[i]);
        }
    }
}
